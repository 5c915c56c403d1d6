"""The pools: endpoints whose instances several models share."""
