"""Cases: what a taxpayer is owed an answer to, from the first line to the rating."""
