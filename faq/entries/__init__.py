"""Keeps the entries: drafted, approved by somebody else, published, verified, retired; who, when and what is kept."""
