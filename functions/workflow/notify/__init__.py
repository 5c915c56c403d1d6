"""Notifications: the message, how each medium renders it, and how SNS gets it."""
