"""The Start Shadow Test state."""
