"""The step record deployment."""
