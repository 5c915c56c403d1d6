"""What a person runs: the `modeldrop` command and the embedded cloud."""
