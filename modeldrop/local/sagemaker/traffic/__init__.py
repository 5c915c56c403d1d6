"""Shadow traffic and data capture, which use requests after their responses."""
