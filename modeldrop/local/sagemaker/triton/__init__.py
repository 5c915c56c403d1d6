"""The real tritonserver: its installation, process, rules and log."""
