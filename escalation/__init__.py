"""Keeps promises: cases, duties, their terms and the ladders that remind of them."""
