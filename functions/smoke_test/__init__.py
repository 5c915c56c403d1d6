"""The step smoke test."""
