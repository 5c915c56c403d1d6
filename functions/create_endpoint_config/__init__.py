"""The step Create Endpoint Config."""
