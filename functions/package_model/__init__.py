"""The Package Model state."""
