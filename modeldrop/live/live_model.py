"""The version of a model that serves, and what it can be asked with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from model_client.errors import InvalidTensor
from model_client.request import BODY_LIMIT_BYTES, request
from model_client.sample_file import File
from model_client.tensors import input_of
from model_packager.golden_sample import FOLDER
from model_packager.names import artifact_prefix
from modeldrop.dropping.drop import check_name
from modeldrop.dropping.offline_inspection import read
from modeldrop.errors import UsageError
from modeldrop.stored_documents import read_live, read_record

if TYPE_CHECKING:
    from pathlib import Path

    from boto3 import Session
    from mypy_boto3_s3 import S3Client

    from model_client.tensors import TestInput
    from model_packager.signature import Signature
    from model_packager.spec.smoke_test_spec import SmokeTest


@dataclass(frozen=True)
class Target:
    """A version that serves, and what its smoke test asked it."""

    model: str
    version: str
    endpoint: str
    signature: Signature
    smoke_test: SmokeTest
    sample: File | None
    has_labels: bool = False


def read_target(session: Session, model: str, artifact_bucket: str) -> Target:
    """Read what the deployment record says of the version that is live.

    Raises:
        UsageError: nothing is live under that name.
        ModelRejected: the name cannot be a model's.
    """
    check_name(model)
    s3 = session.client("s3")
    live = read_live(s3, artifact_bucket, model)
    record = read_record(s3, artifact_bucket, model, live.version) if live else None
    if live is None or record is None:
        raise UsageError(
            f"No version of {model} is live. Drop it first; `modeldrop status` lists what is."
        )
    return Target(
        model=model,
        version=live.version,
        endpoint=live.endpoint,
        signature=record.servable.signature,
        smoke_test=record.servable.spec.smoke_test,
        sample=_sample(s3, artifact_bucket, artifact_prefix(model, live.version)),
        has_labels=record.servable.has_labels,
    )


def asking_with(target: Target, file: Path) -> Target:
    """Have it asked with a file of the user's.

    Raises:
        UsageError: there is no such file.
    """
    return replace(target, sample=File(str(file), read(file)))


def question(target: Target) -> TestInput:
    """Give the tensors to ask with.

    Raises:
        UsageError: the file is unreadable, does not fit the model, or exceeds SageMaker's limit.
    """
    try:
        asked = input_of(target.sample, target.signature, target.smoke_test)
    except InvalidTensor as error:
        takes = f"{target.model} takes {_inputs(target.signature)}."
        raise UsageError(f"{error.cause}\n{takes}") from error
    body, _ = request(asked.tensors, target.signature, binary=_is_binary(target))
    if len(body) > BODY_LIMIT_BYTES:
        raise UsageError(
            f"The request has {len(body):,} bytes, and SageMaker takes at most "
            f"{BODY_LIMIT_BYTES:,}. Ask with a smaller input."
        )
    return asked


def _is_binary(target: Target) -> bool:
    return target.smoke_test.request_format == "binary"


def _inputs(signature: Signature) -> str:
    batch = ("N",) if signature.max_batch_size else ()
    return ", ".join(
        f"{each.name} {each.dtype} [{', '.join(map(str, (*batch, *each.dims)))}]"
        for each in signature.inputs
    )


def _sample(s3: S3Client, bucket: str, prefix: str) -> File | None:
    """The version's own input; Package Model has kept one at most."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}{FOLDER}input.").get("Contents", [])
    if not found:
        return None
    key = found[0]["Key"]
    content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return File(key.removeprefix(prefix), content)
