"""What officers are reminded of, in words."""
