"""Application Auto Scaling's policies, as they act on the local endpoints."""
