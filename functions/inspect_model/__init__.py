"""The step Inspect Model."""
