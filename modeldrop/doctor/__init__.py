"""Read-only checks of an account and its stack, for example before the first drop."""
