"""The state Remove Old Versions."""
