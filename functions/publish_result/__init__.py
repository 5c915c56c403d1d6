"""The step publish result."""
