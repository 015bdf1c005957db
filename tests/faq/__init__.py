"""Tests of what the FAQ knows and decides."""
