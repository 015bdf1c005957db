"""Speaks: to people, to browsers, to machines; and wires everything."""

VERSION = "0.1.0"
