"""Runs a model once on a CPU in a confined process: for Run Model and `inspect --run`."""
