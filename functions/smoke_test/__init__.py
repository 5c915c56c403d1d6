"""The state Smoke Test."""
