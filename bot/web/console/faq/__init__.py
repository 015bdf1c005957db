"""The sections of those who keep the FAQ."""
