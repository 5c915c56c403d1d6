"""The step retire model."""
