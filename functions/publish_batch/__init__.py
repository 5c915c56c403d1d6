"""The state Publish Batch."""
