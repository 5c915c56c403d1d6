"""Access control of the embedded cloud: credentials and request signatures."""
