"""The step remove old versions."""
