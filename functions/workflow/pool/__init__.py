"""The pools: endpoints that several models share."""
