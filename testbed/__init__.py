"""What tests and bench run the product on: its processes, a real PostgreSQL, Chromium; and what they ask it."""
