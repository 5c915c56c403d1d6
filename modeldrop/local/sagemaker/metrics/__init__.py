"""Metrics of the local endpoints, and alarms on them."""
