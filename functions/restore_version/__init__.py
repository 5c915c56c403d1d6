"""The Restore Version state."""
