"""The Plan Batch state."""
