"""The Scale Endpoint state."""
