"""The Next Instance Type state."""
