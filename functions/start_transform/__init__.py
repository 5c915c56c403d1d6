"""The Start Transform state."""
