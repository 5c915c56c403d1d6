"""The Triton model repository: its layout, config.pbtxt, and the archive that holds it."""
