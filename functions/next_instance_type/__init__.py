"""The step Next Instance Type."""
