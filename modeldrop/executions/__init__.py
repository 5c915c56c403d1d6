"""Executions of the state machines: following one, its history, outcome and log lines."""
