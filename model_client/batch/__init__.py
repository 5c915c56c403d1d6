"""Batch jobs: from input files to requests, and from responses to result files."""
