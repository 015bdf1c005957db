"""The chat page of taxpayers and of officers: the page, what it posts, what it is told."""
