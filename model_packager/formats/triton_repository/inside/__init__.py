"""Checks that a config fits the model file in the archive, with one module per format."""
