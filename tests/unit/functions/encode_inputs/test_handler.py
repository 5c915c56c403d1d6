from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from encode_inputs import handler as module
from encode_inputs import requests
from encode_inputs.handler import handler
from tests.unit.functions.batch_runs import FOLDER, READY, RUN, WORK, event, keys, upload
from tests.unit.functions.samples import ARTIFACTS, DROPS
from tests.unit.model_client.batch.test_encoding import npy
from workflow.aws.clients import s3
from workflow.batch.documents import ENCODED, Encoded, read_steps
from workflow.errors import BatchFailed

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from workflow.contracts.batch_transform import Batch

ROWS = [[1.0, 2.0, 3.0]] * 9
NOTHING = {"encoded": 0, "requests": 0, "largest_bytes": 0}


@pytest.fixture(autouse=True)
def _bucket(monkeypatch: pytest.MonkeyPatch, buckets: None) -> None:
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)


def encode(run: Batch, context: LambdaContext, **so_far: int) -> dict[str, Any]:
    return handler(event(run, source=READY.model_dump(), **(NOTHING | so_far)), context)


def unreadable() -> dict[int, list[tuple[int | None, str]]]:
    steps = read_steps(ARTIFACTS, RUN, ENCODED, Encoded)
    return {each.index: list(each.unreadable) for done in steps for each in done.inputs}


def test_requests_are_where_the_transform_job_reads_them(context: LambdaContext) -> None:
    run = upload({"a.jsonl": b'{"INPUT__0": [1, 2, 3]}', "b.npy": npy(ROWS)})
    done = encode(run, context)
    assert (done["done"], done["encoded"], done["requests"]) == (True, 2, 3)
    assert keys(ARTIFACTS, f"{WORK}inputs/") == ["00000-00000", "00001-00000", "00001-00001"]
    largest = s3().head_object(Bucket=ARTIFACTS, Key=f"{WORK}inputs/00001-00000")
    assert done["largest_bytes"] == largest["ContentLength"]


def test_inputs_that_cannot_be_read_are_named_and_never_sent(context: LambdaContext) -> None:
    run = upload({"a.png": b"?", "b.txt": b"1", "c.npy": npy(ROWS), "d.npy": npy(ROWS)})
    s3().put_object(Bucket=DROPS, Key=f"{FOLDER}d.npy", Body=b"overwritten")
    assert encode(run, context)["requests"] == 2
    causes = {index: each[0][1] for index, each in unreadable().items() if each}
    assert "cannot be read as a picture" in causes[0]
    assert "Its format is not one of .png" in causes[1]
    assert causes[3] == "It was overwritten or deleted after the job had started."
    assert causes.keys() == {0, 1, 3}


def transparent_png(side: int) -> bytes:
    """Create a picture that Pillow warns about: its palette has transparent colors."""
    file = io.BytesIO()
    Image.new("P", (side, side)).save(file, "PNG", transparency=1)
    return file.getvalue()


def test_readers_hide_the_warnings_of_each_other(
    context: LambdaContext, recwarn: pytest.WarningsRecorder
) -> None:
    small, large = transparent_png(10), transparent_png(1000)
    run = upload({f"{each}.png": (small, large)[each % 2] for each in range(20)})
    encode(run, context)
    assert not recwarn.list


def test_large_file_is_named_without_a_download(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "FILE_BYTES", 100)
    encode(upload({"a.npy": npy(ROWS)}), context)
    assert "but at most 100 are read" in unreadable()[0][0][1]


def test_call_without_time_leaves_the_rest_to_the_next_one(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = upload({f"{number}.npy": npy(ROWS) for number in range(3)})
    monkeypatch.setattr("workflow.batch.documents.GROUP_FILES", 2)
    monkeypatch.setattr(module, "SECONDS", 0)
    first = encode(run, context)
    assert (first["done"], first["encoded"], first["requests"]) == (False, 2, 4)
    rest = {name: first[name] for name in NOTHING}
    second = encode(run, context, **rest)
    assert (second["done"], second["encoded"], second["requests"]) == (True, 3, 6)
    assert sorted(unreadable()) == [0, 1, 2]


def test_too_many_requests_are_rejected(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_REQUESTS", 1)
    with pytest.raises(BatchFailed, match="more than 1 requests"):
        encode(upload({"a.npy": npy(ROWS)}), context)
