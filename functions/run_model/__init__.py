"""The state Run Model, which only stacks with CpuTest=onnx have."""
