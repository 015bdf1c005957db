"""Which entry answers one text: its features, what tells twins apart, the index, the decision; pure."""
