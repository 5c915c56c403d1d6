"""The step write report."""
