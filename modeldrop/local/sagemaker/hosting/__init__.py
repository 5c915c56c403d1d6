"""Models, endpoints, variants and their traffic."""
