"""The Check Endpoint state."""
