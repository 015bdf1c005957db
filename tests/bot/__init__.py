"""Tests of what the house says and of how it runs."""
