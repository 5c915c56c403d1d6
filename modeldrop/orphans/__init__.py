"""Finds and removes resources that no version needs."""
