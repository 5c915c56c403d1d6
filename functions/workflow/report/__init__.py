"""The reports in the artifact bucket: what they sum up, and the index of them all."""
