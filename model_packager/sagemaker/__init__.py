"""What SageMaker is asked for: images, instance types, endpoint configs, rollouts."""
