"""The limits and the text of the small files next to a model, `deploy.yaml` and `labels.txt`."""

from model_packager.names.drop import LABELS_FILE, SPEC_FILE
from model_packager.rejection import SpecRejected

LIMIT_BYTES = {SPEC_FILE: 64 * 1024, LABELS_FILE: 4 * 1024 * 1024}
"""A spec is part of the state data, which Step Functions limits (`aws_limits.STATE_DATA_BYTES`)."""


def check_size(name: str, size: int) -> None:
    """Check a file's size before the file is read.

    Raises:
        SpecRejected: the size exceeds the limit.
    """
    limit = LIMIT_BYTES[name]
    if size > limit:
        raise SpecRejected(
            f"{name} has {size:,} bytes; the limit is {limit:,} bytes.",
            f"Shorten {name}, then upload {'it' if name == SPEC_FILE else 'the model'} again.",
        )


def spec_text(content: bytes) -> str:
    """Decode deploy.yaml.

    Raises:
        SpecRejected: the content is not UTF-8 text.
    """
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise SpecRejected(
            f"{SPEC_FILE} is not UTF-8 text (byte {error.start}).",
            f"Save {SPEC_FILE} as UTF-8, then upload it again.",
        ) from error
