"""Checks of an account and its stack before the first drop. They only read."""
