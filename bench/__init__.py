"""How quick and how small the house is, measured against what it could be: `python -m bench`."""
