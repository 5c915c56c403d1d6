"""The Create Model state."""
