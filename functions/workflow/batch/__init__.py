"""What the states of a batch job share: its documents in the artifact bucket."""
