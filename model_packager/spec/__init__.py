"""deploy.yaml: its parts with their types and defaults, and its parser."""
