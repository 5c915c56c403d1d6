"""Reads ONNX files: the graph, external weights, and what Triton's ONNX Runtime supports."""
