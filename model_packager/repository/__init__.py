"""The Triton model repository: its layout, config.pbtxt and archive."""
