"""Client programs in several languages, generated for the endpoint and tensors of one model."""
