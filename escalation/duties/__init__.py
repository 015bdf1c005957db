"""Duties: one thing that somebody must have done by a moment; opened, climbed, settled."""
