"""The state Remove Transform."""
