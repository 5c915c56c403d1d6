"""The step restore version."""
