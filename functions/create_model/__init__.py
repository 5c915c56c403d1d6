"""The step create model."""
