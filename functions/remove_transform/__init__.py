"""The Remove Transform state."""
