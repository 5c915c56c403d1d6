"""The drop bucket: the dropped object, its deploy.yaml and its golden sample."""
