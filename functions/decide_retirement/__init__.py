"""The state Decide Retirement."""
