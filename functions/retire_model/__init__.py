"""The Retire Model state."""
