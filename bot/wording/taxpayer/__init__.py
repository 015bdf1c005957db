"""What taxpayers read."""
