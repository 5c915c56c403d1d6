"""Checks of a model's outputs on its endpoint or on a CPU."""
