"""Tests that share servers; pytest stops them when the last test of the folder has ended."""
