"""The step write index."""
