"""The live version of a model, and the input for requests to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from model_client.errors import InvalidTensor
from model_client.request import request
from model_client.sample_file import File
from model_client.tensors import input_of
from model_packager.aws_limits import INVOCATION_BYTES
from model_packager.golden_sample import FOLDER
from model_packager.names import artifact_prefix
from modeldrop.dropping.drop import check_name
from modeldrop.dropping.offline_inspection import read_file
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
class LiveModel:
    """A live version, and the input of its smoke test."""

    model: str
    version: str
    endpoint: str
    signature: Signature
    smoke_test: SmokeTest
    sample: File | None
    has_labels: bool = False


def read_live_model(session: Session, model: str, artifact_bucket: str) -> LiveModel:
    """Read the deployment record of the live version.

    Raises:
        UsageError: the model has no live version.
        ModelRejected: the name is invalid.
    """
    check_name(model)
    s3 = session.client("s3")
    live = read_live(s3, artifact_bucket, model)
    record = read_record(s3, artifact_bucket, model, live.version) if live else None
    if live is None or record is None:
        raise UsageError(f"{model} has no live version. `modeldrop status` lists the live models.")
    return LiveModel(
        model=model,
        version=live.version,
        endpoint=live.endpoint,
        signature=record.servable.signature,
        smoke_test=record.servable.spec.smoke_test,
        sample=_sample(s3, artifact_bucket, artifact_prefix(model, live.version)),
        has_labels=record.servable.has_labels,
    )


def with_input(live_model: LiveModel, file: Path) -> LiveModel:
    """Return the model with a file as its input.

    Raises:
        UsageError: the file does not exist.
    """
    return replace(live_model, sample=File(str(file), read_file(file)))


def request_input(live_model: LiveModel) -> TestInput:
    """Return the tensors of the request.

    Raises:
        UsageError: the file is unreadable, does not fit the model, or exceeds SageMaker's limit.
    """
    try:
        test_input = input_of(live_model.sample, live_model.signature, live_model.smoke_test)
    except InvalidTensor as error:
        expected = f"{live_model.model} expects {_inputs(live_model.signature)}."
        hint = "" if live_model.sample else "\nUse a smaller input of your own: --input FILE."
        raise UsageError(f"{error.cause}\n{expected}{hint}") from error
    body, _ = request(test_input.tensors, live_model.signature, binary=_is_binary(live_model))
    if len(body) > INVOCATION_BYTES.value:
        raise UsageError(
            f"The request has {len(body):,} bytes; the limit of SageMaker is "
            f"{INVOCATION_BYTES.value:,}. Use a smaller input."
        )
    return test_input


def _is_binary(live_model: LiveModel) -> bool:
    return live_model.smoke_test.request_format == "binary"


def _inputs(signature: Signature) -> str:
    batch = ("N",) if signature.max_batch_size else ()
    return ", ".join(
        f"{each.name} {each.dtype} [{', '.join(map(str, (*batch, *each.dims)))}]"
        for each in signature.inputs
    )


def _sample(s3: S3Client, bucket: str, prefix: str) -> File | None:
    """The input of the version's golden sample; Package Model keeps at most one."""
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}{FOLDER}input.").get("Contents", [])
    if not listed:
        return None
    key = listed[0]["Key"]
    content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return File(key.removeprefix(prefix), content)
