"""The step roll back."""
