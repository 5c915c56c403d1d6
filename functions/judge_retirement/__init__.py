"""The step judge retirement."""
