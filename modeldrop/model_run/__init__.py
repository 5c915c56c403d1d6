"""Runs a model once on this computer, for `inspect --run` and `init`."""
