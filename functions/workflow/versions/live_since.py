"""Since when a version serves: what the deployment record says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from workflow.versions.deployment_record import read_live

if TYPE_CHECKING:
    from datetime import datetime

logger = Logger()


def live_since(bucket: str, model: str, version: str | None) -> datetime | None:
    """Give since when the version serves; None where live.json does not say it.

    A notification without it is better than none: what keeps it from being read is logged.
    """
    if version is None:
        return None
    try:
        live = read_live(bucket, model)
    except (ClientError, BotoCoreError, ValidationError):
        logger.exception("live.json could not be read.")
        return None
    return live.since if live is not None and live.version == version else None
