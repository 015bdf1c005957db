"""The command line: one file a subject, and how it looks on a terminal."""
