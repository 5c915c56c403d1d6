"""The Publish Batch state."""
