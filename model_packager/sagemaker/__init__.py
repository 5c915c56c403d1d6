"""Requests to SageMaker: images, instance types, endpoint configs, rollouts."""
