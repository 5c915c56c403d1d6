"""The numbers of a model's versions: 1, 2, 3, … (docs/decisions/0044).

S3 writes the counter only if it has not changed since it was read, so no two versions get the same
number.
"""

from __future__ import annotations

from model_packager.names.artifact import last_number_key
from model_packager.stored import LastNumber
from workflow.aws.s3_object import put_if_unchanged, read_object
from workflow.errors import Throttled

_ATTEMPTS = 10
"""An attempt fails only if another drop of the same model gets a number."""


def next_number(bucket: str, model: str) -> int:
    """Increment the model's counter, and return the new number.

    Raises:
        Throttled: other drops of the model were faster each time.
    """
    key = last_number_key(model)
    for _attempt in range(_ATTEMPTS):
        found = read_object(bucket, key)
        last = LastNumber.model_validate_json(found.content).number if found else 0
        body = LastNumber(number=last + 1).model_dump_json().encode()
        if put_if_unchanged(bucket, key, body, found.etag if found else None, "application/json"):
            return last + 1
    raise Throttled(
        f"Too many drops of {model} at the same time.", "No action needed: this step is retried."
    )
