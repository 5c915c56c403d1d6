"""Finds and follows executions of the state machines, and reads their history and outcome."""
