"""The step scale endpoint."""
