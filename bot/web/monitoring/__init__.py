"""For those who watch over the house: health and metrics."""
