"""The Record Deployment state."""
