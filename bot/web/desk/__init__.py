"""The officers' desk: how they come in."""
