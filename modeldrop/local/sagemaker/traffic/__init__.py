"""What happens to a request beside its response: a copy for a shadow variant, and data capture."""
