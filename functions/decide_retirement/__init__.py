"""The Decide Retirement state."""
