"""The inputs of the state machines' executions, and their history."""
