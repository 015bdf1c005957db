"""The editable rules: kinds of case, ladders, who may do what."""
