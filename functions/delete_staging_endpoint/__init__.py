"""The step leave staging."""
