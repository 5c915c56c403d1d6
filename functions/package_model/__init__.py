"""The step Package Model."""
