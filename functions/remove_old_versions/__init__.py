"""The Remove Old Versions state."""
