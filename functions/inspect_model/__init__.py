"""The step inspect model."""
