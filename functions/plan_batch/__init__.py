"""The state Plan Batch."""
