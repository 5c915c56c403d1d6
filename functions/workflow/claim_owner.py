"""The execution that has claimed a version (inspect_model/claim.py)."""

from __future__ import annotations

import json

from botocore.exceptions import ClientError

from model_packager.names import claim_key
from workflow.aws_errors import object_is_missing
from workflow.clients import s3


def claim_owner(bucket: str, model: str, version: str) -> str | None:
    """Give its ARN; None where nobody has claimed the version."""
    try:
        body = s3().get_object(Bucket=bucket, Key=claim_key(model, version))["Body"]
    except ClientError as error:
        if object_is_missing(error):
            return None
        raise
    owner: str = json.load(body)["execution_arn"]
    return owner
