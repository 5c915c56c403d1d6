"""Bounded reads of untrusted archives: zip, tar and gzip."""
