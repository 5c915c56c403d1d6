"""TorchScript archives, read without torch and without unpickling anything."""
