"""The Create Endpoint Config state."""
