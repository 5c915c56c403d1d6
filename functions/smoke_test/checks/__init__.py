"""Checks of the smoke test alone: ranking and repetition."""
