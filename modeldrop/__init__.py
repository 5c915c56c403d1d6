"""The `modeldrop` command and the local cloud."""
