"""Entries to and from the files of an office: CSV as Excel and WPS write it, and YAML; a file is taken whole or not."""
