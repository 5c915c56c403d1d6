"""Batch transform jobs: objects, requests, statuses and events."""
