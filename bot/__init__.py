"""Speaks: to people, to browsers, to machines; and wires everything."""
