"""ONNX: the graph, what Triton's ONNX Runtime supports, and weights in other files."""
