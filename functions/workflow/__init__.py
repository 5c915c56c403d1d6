"""What the rooms share: contracts, errors, settings, clients and the frame of a step."""
