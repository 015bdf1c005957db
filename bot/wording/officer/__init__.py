"""What officers read."""
