"""Checks of the answers: shapes and values, the golden sample, batches, classes, repetition."""
