"""The checks that only the smoke test makes."""
