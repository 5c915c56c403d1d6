"""The Create Endpoint state."""
