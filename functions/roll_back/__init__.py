"""The Roll Back state."""
