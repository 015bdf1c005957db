"""What the house remembers, on real databases."""
