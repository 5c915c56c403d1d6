"""The Write Index state."""
