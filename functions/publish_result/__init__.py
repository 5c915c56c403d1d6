"""The Publish Result state."""
