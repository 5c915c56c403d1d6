"""The name of the stack."""

DEFAULT_STACK = "modeldrop"
"""The default name of the stack."""
