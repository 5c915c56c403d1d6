"""Shared by all functions: contracts, errors, settings, clients and the frame of a step."""
