"""The step publish retirement."""
