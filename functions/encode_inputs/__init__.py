"""The state Encode Inputs."""
