"""What all functions share: contracts, errors, settings, clients and the handler decorator."""
