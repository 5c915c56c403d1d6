"""Pools, which are endpoints whose instances several models share."""
