"""The time at which a version went live, from live.json."""

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
    """Return the time at which the version went live; None if live.json does not name it.

    An error is only logged, because a notification without the time is better than none.
    """
    if version is None:
        return None
    try:
        live = read_live(bucket, model)
    except (ClientError, BotoCoreError, ValidationError):
        logger.exception("live.json could not be read.")
        return None
    return live.since if live is not None and live.version == version else None
