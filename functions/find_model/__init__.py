"""The step find model."""
