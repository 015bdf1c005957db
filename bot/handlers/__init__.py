"""Translate an update into one use case, and its result into words."""
