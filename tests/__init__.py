"""The same rooms again, each with its tests, and the far sides that they talk to."""
