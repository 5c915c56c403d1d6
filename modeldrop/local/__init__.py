"""The embedded cloud: emulated AWS (MiniStack), a local SageMaker on real Triton, and the stack."""
