"""Runs a model once on a CPU in a sandboxed process, for Run Model and `inspect --run`."""
