"""Who may use the embedded cloud: credentials, and signatures of requests."""
