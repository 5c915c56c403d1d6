"""The numbers of a model's versions: 1, 2, 3, … (docs/decisions/0044).

S3 writes the counter only if it has not changed since it was read, so no two versions get the same
number.
"""

from __future__ import annotations

from botocore.exceptions import ClientError

from model_packager.names.artifact import last_number_key
from model_packager.stored import LastNumber
from workflow.aws.aws_errors import object_is_missing
from workflow.aws.clients import s3
from workflow.aws.conditional_put import put_if_unchanged
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
        last, etag = _read(bucket, key)
        number = LastNumber(number=last + 1)
        body = number.model_dump_json().encode()
        if put_if_unchanged(bucket, key, body, etag, "application/json"):
            return number.number
    raise Throttled(
        f"Too many drops of {model} at the same time.", "No action needed: this step is retried."
    )


def _read(bucket: str, key: str) -> tuple[int, str | None]:
    """Return the last number and the ETag; 0 and None before the first version."""
    try:
        response = s3().get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if object_is_missing(error):
            return 0, None
        raise
    return LastNumber.model_validate_json(response["Body"].read()).number, response["ETag"]
