"""deploy.yaml as text: reading it, its errors, and lines to paste into it."""
