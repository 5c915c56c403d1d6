"""The documents of a batch job in the artifact bucket, which its states share."""
