"""The size of the parts of an archive."""

from model_packager.aws_limits import PARTS
from model_packager.repository.stored_gzip import BLOCK_BYTES

MIN_BYTES = 96 * BLOCK_BYTES
"""About 6 MiB, in whole blocks: S3 accepts parts below 5 MiB only as the last part."""

MAX_PARTS = PARTS.value - 10
"""Ten parts in reserve, because the size of an archive is an estimate."""


def part_size(tar_bytes: int) -> int:
    """Return the tar bytes in each part of a tar of about `tar_bytes`."""
    size = MIN_BYTES
    while tar_bytes > size * MAX_PARTS:
        size *= 2
    return size
