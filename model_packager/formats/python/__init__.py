"""Models of the Python backend, and Python text of others, read without running anything."""
