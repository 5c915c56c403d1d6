"""The step create endpoint config."""
