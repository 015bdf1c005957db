"""When something is due: working days, terms, rungs; pure."""
