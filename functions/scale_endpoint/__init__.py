"""The state Scale Endpoint."""
