"""The state Delete Staging Endpoint."""
