"""The Smoke Test state."""
