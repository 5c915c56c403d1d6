"""The embedded cloud: emulated AWS (MiniStack), local SageMaker with real Triton, and the stack."""
