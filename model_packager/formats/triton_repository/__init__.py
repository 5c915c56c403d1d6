"""A whole Triton model repository, dropped as model.tar.gz."""
