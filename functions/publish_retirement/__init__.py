"""The Publish Retirement state."""
