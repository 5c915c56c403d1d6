"""The step Create Model."""
