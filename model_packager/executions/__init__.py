"""Executions of the state machines: what they get, and what their history says."""
