"""The real tritonserver: installation, process, rules of `serve`, and log."""
