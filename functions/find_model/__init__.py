"""The Find Model state."""
