"""Evaluates Application Auto Scaling's policies, and scales the local endpoints."""
