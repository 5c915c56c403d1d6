"""The Run Model state, which only stacks with CpuTest=onnx have."""
