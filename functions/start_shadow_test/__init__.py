"""The state Start Shadow Test."""
