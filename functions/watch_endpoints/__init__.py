"""The hourly watch over endpoints."""
