"""Searching for the fastest settings: the search, one run, and one trial endpoint."""
