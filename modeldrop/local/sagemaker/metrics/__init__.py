"""Metrics of the local endpoints, and the evaluation of alarms on them."""
