"""The step Create Endpoint."""
