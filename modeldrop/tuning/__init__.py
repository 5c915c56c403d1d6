"""Searches for the fastest settings of deploy.yaml."""
