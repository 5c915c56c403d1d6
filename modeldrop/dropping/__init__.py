"""Dropping a model: the offline inspection, the plan, and the resumable upload."""
