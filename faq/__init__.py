"""Knows answers: entries, the index of their phrasings, and the decision what a text asks."""
