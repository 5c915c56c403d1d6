"""The Delete Staging Endpoint state."""
