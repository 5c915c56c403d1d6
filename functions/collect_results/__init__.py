"""The state Collect Results."""
