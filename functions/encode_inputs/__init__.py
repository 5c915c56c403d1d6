"""The Encode Inputs state."""
