"""The hourly check of all endpoints."""
