"""The house under test, the people who talk to it, and the edges that are faked for it."""
