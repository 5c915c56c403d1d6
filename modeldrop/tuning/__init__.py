"""Searching for the fastest settings: the search, one run, and the endpoint of its candidates."""
