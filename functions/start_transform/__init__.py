"""The state Start Transform."""
