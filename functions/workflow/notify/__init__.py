"""Notifications: the message, its renderers for each medium, and publishing to SNS."""
