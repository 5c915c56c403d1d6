"""The reports in the artifact bucket: their summaries and their index."""
