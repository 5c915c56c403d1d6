"""Whether a config fits the model file in the archive: a module for each format."""
