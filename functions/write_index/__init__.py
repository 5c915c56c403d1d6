"""The step Write Index."""
