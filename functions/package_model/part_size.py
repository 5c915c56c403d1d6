"""How large the parts of an archive are."""

from model_packager.repository.stored_gzip import BLOCK_BYTES

MIN_BYTES = 96 * BLOCK_BYTES
"""About 6 MiB, in whole blocks: S3 takes none below 5 MiB but the last."""

MAX_PARTS = 9_990
"""S3 takes 10,000 (Amazon S3 user guide, multipart upload limits)."""


def part_size(tar_bytes: int) -> int:
    """Give the bytes of the tar in each part, for a tar of about so many."""
    size = MIN_BYTES
    while tar_bytes > size * MAX_PARTS:
        size *= 2
    return size
