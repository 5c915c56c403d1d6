"""The input and output of each state: one module for each state machine."""
