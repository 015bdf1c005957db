"""Which department is responsible, and what earlier answers have taught about it."""
