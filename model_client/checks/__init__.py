"""Checks of what a model returns, on its endpoint or on a CPU, with SmokeTestLayer."""
