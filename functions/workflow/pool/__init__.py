"""Pools, which are endpoints that several models share."""
