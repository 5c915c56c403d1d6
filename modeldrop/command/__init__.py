"""The `modeldrop` command: one module for each subcommand."""
