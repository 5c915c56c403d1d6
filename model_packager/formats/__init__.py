"""Model files: how each format is recognized and read, without loading the model."""
