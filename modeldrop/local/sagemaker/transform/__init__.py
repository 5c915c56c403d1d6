"""Batch transform jobs: their objects, requests, states and events."""
