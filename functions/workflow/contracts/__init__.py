"""What each state takes and returns: one module for each state machine."""
