"""The embedded cloud: MiniStack, our SageMaker with real Triton, and the stack deployed on them."""
