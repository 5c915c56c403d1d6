"""What a deployed endpoint can do: the smoke test's load profile, from where this runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from model_client.endpoint import ANSWER_SECONDS, ask_endpoint
from model_client.load import Exchange, LevelFailed, levels, run_level
from model_client.request import BODY_LIMIT_BYTES, request
from model_client.sample_file import File
from model_client.tensors import input_of
from model_packager.golden_sample import FOLDER
from model_packager.load_profile import MAX_CLIENTS
from model_packager.names import artifact_prefix, live_key, record_key
from model_packager.rejection import Rejection
from model_packager.signature import Signature
from model_packager.smoke_test_spec import SmokeTest
from modeldrop.drop import check_name
from modeldrop.mistake import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from boto3 import Session
    from mypy_boto3_s3 import S3Client

    from model_client.load import Level
    from model_client.tensors import Tensors
    from model_packager.load_profile import LoadPoint, LoadProfile
    from model_packager.smoke_test_spec import RequestFormat

    Watch = Callable[[Level], None]


class BenchFailed(Exception):
    """A request went wrong; the message says which, and how."""


@dataclass(frozen=True)
class Target:
    """A version that serves, and what its smoke test asked it."""

    model: str
    version: str
    endpoint: str
    signature: Signature
    smoke_test: SmokeTest
    sample: File | None


@dataclass(frozen=True)
class Measured:
    """What it showed. `first_ms` is the time to the first answer."""

    asked: str
    first_ms: float
    points: tuple[LoadPoint, ...]


def read_target(session: Session, model: str, artifact_bucket: str) -> Target:
    """Read what the deployment record says of the version that is live.

    Raises:
        Mistake: nothing is live under that name.
        ModelRejected: the name cannot be a model's.
    """
    check_name(model)
    s3 = session.client("s3")
    live = _content(s3, artifact_bucket, live_key(model))
    record = live and _content(s3, artifact_bucket, record_key(model, live["version"]))
    if not record:
        raise Mistake(f"No version of {model} is live. Drop it first.")
    return Target(
        model=model,
        version=live["version"],
        endpoint=live["endpoint"],
        signature=Signature.model_validate(record["signature"]),
        smoke_test=SmokeTest.model_validate(record["spec"]["smoke_test"]),
        sample=_sample(s3, artifact_bucket, artifact_prefix(model, live["version"])),
    )


def bench(
    session: Session,
    target: Target,
    load: LoadProfile,
    watch: Watch = lambda _level: None,
) -> Measured:
    """Ask once, then level by level.

    Args:
        session: reaches the endpoint.
        target: what is asked, and with what.
        load: the levels.
        watch: is given each level before it begins.

    Raises:
        BenchFailed: a request went wrong.
        SmokeTestFailed: the sample cannot be used.
    """
    asked = input_of(target.sample, target.signature, target.smoke_test)
    ask = _way_to(session, target.endpoint)
    request_format = target.smoke_test.request_format
    first = _first(ask, asked.tensors, target.signature, request_format)
    planned = levels(
        asked.tensors,
        target.signature,
        ask,
        concurrency=load.concurrency,
        request_format=request_format,
        response_bytes=first.response_bytes,
    )
    points = tuple(_measured(level, load.seconds, watch) for level in planned)
    return Measured(asked.description, round(first.milliseconds, 2), points)


def _way_to(session: Session, endpoint: str) -> Callable[[bytes, str], Exchange]:
    """A connection for each client, and no second try, which would pass for a slow answer."""
    config = Config(
        read_timeout=ANSWER_SECONDS,
        max_pool_connections=MAX_CLIENTS,
        retries={"total_max_attempts": 1},
    )
    runtime = session.client("sagemaker-runtime", config=config)

    def ask(body: bytes, content_type: str) -> Exchange:
        answer = ask_endpoint(runtime.invoke_endpoint, endpoint, body, content_type)
        return Exchange(answer.milliseconds, answer.request_bytes, answer.response_bytes)

    return ask


def _first(
    ask: Callable[[bytes, str], Exchange],
    tensors: Tensors,
    signature: Signature,
    request_format: RequestFormat,
) -> Exchange:
    body, content_type = request(tensors, signature, binary=request_format == "binary")
    if len(body) > BODY_LIMIT_BYTES:
        raise Mistake(
            f"The request has {len(body):,} bytes, and SageMaker takes at most "
            f"{BODY_LIMIT_BYTES:,}. Ask with a smaller --input."
        )
    try:
        return ask(body, content_type)
    except (Rejection, ClientError, BotoCoreError) as error:
        raise BenchFailed(f"The first request: {error}") from error


def _measured(level: Level, seconds: float, watch: Watch) -> LoadPoint:
    watch(level)
    try:
        return run_level(level, seconds)
    except LevelFailed as error:
        raise BenchFailed(f"{error}: {error.__cause__}") from error


def _content(s3: S3Client, bucket: str, key: str) -> Any:
    try:
        return json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
    except s3.exceptions.NoSuchKey:
        return None


def _sample(s3: S3Client, bucket: str, prefix: str) -> File | None:
    """The version's own input; Package Model has kept one at most."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}{FOLDER}input.").get("Contents", [])
    if not found:
        return None
    key = found[0]["Key"]
    content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return File(key.removeprefix(prefix), content)
