"""The state Find Model."""
