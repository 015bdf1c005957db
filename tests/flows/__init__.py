"""Through the whole house, as people go."""
