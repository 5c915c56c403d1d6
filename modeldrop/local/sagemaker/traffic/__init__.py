"""Shadow copies and data capture: what happens to a request that has its response."""
