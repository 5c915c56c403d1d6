"""The step create endpoint."""
