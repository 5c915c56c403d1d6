"""The step Record Deployment."""
