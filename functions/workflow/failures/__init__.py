"""Known failures of endpoints and models: the text in the log, the cause and the fix."""
