"""The function Notify Failure, which is not a state."""
