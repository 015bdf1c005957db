"""The kinds of duty that the promises to taxpayers make: each file declares one kind, or a few near ones."""
