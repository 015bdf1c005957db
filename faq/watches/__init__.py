"""What the FAQ asks of officers by itself: each file declares, opens and settles one kind of duty, or a few."""
