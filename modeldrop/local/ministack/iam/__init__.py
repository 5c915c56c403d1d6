"""The policies of MiniStack's IAM: who may do what."""
