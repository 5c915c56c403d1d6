"""Programs that call one model's endpoint, written for its tensors, in several languages."""
