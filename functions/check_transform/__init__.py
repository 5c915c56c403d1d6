"""The Check Transform state."""
