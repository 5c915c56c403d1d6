"""Decisions of MiniStack's IAM about requests."""
