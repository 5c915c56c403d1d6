"""Metrics of the local endpoints, and the alarms that read them."""
