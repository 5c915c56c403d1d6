"""Reads models of the Python backend and other external Python code without running it."""
