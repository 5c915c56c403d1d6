"""The versions of a model: their names, tags, records, and which one is live."""
