"""The Collect Results state."""
