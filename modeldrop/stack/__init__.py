"""The deployed stack: its template, its parameters, and samconfig.toml."""
