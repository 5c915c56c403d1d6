"""How the golden sample's files are called, in a drop and beside a version that is kept."""

FOLDER = "sample/"
INPUT_FILES = ("input.npy", "input.npz", "input.png", "input.jpg", "input.jpeg")
EXPECTED_FILES = ("expected.npy", "expected.npz", "expected.json")
SIZE_LIMIT = 64 * 1024 * 1024
"""A request holds 6 MiB, so a sample of this size cannot be meant."""
