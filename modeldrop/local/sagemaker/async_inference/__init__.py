"""Processes the requests in the queues of asynchronous endpoints."""
