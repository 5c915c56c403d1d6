"""The deployed stack: template, parameters, permissions, prices, and samconfig.toml."""
