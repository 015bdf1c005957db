"""Tests of the room that keeps promises."""
