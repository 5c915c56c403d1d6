"""Batch jobs: converts input files to requests, and responses to result files."""
