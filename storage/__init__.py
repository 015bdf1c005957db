"""Remembers: tables and queries; never decides.

Knows nobody above it. What is written here is written in a unit (`unit.py`), what is private is written encrypted
(`vault.py`), and what must be found although it is encrypted is found by a keyed hash.
"""
