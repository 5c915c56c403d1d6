"""The state Retire Model."""
