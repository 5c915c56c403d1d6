"""The step Restore Version."""
