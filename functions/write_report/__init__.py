"""The Write Report state."""
