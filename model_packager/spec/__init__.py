"""deploy.yaml: its parts, their types and defaults, and how the text is read."""
