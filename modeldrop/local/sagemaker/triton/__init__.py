"""The real tritonserver: its installation, its start, its rules and its log."""
