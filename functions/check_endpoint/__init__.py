"""The step check endpoint."""
