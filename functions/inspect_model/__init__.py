"""The Inspect Model state."""
