"""The function Notify Failure, which is no state."""
