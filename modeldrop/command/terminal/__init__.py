"""Shared by the commands: options, progress, results, exit codes."""
