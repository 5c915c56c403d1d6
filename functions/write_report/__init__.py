"""The step Write Report."""
