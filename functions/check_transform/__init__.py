"""The state Check Transform."""
