from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from collect_results import handler as module
from collect_results import results
from collect_results.handler import handler
from model_packager.sagemaker.cloudwatch import TRANSFORM_LOG_GROUP
from tests.unit.functions.batch_runs import FOLDER, READY, RUN, event, keys, respond, upload
from tests.unit.functions.collect_results.test_data_log import REFUSED, STREAM, write
from tests.unit.functions.samples import ARTIFACTS, DROPS
from workflow.aws.clients import logs, s3
from workflow.batch.documents import ENCODED, Encoded, EncodedInput, write_step

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from workflow.contracts.batch_transform import Batch

Requests = tuple[tuple[int, int], ...]


@pytest.fixture(autouse=True)
def _bucket(monkeypatch: pytest.MonkeyPatch, buckets: None) -> None:
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)


def encoded(*inputs: tuple[Requests, tuple[tuple[int | None, str], ...]]) -> None:
    done = tuple(
        EncodedInput(index=index, requests=requests, unreadable=unreadable)
        for index, (requests, unreadable) in enumerate(inputs)
    )
    write_step(ARTIFACTS, RUN, ENCODED, 0, Encoded(inputs=done))


def collect(run: Batch, context: LambdaContext, **fields: Any) -> dict[str, Any]:
    given = {"source": READY.model_dump(), "collected": 0, "transform_reason": None}
    return handler(event(run, **(given | fields)), context)


def result(name: str) -> bytes:
    return s3().get_object(Bucket=DROPS, Key=f"{FOLDER}_results/{name}")["Body"].read()


def test_every_input_has_a_result(context: LambdaContext) -> None:
    run = upload({"a/1.npy": b"1", "b.jsonl": b"2"})
    encoded((((0, 2), (2, 1)), ()), (((1, 1),), ((3, "It is damaged."),)))
    respond("00000-00001", [[5, 6]])
    respond("00000-00000", [[1, 2], [3, 4]])
    respond("00001-00000", [[7, 8]])
    done = collect(run, context)
    assert done["counts"] == {"inputs": 2, "succeeded": 1, "partial": 1, "failed": 0}
    with np.load(io.BytesIO(result("a/1.npy.npz"))) as file:
        assert file["OUTPUT__0"].tolist() == [[1, 2], [3, 4], [5, 6]]
    assert result("b.jsonl").splitlines() == [
        b'{"line": 1, "outputs": {"OUTPUT__0": [[7.0, 8.0]]}}',
        b'{"line": 3, "error": "It is damaged."}',
    ]
    failure = {"input": "b.jsonl", "record": "line 3", "cause": "It is damaged."}
    assert done["failures"] == [failure]
    summary = json.loads(result("summary.json"))
    assert summary["failures"] == [failure]
    assert summary["results"] == {
        "a/1.npy": f"{FOLDER}_results/a/1.npy.npz",
        "b.jsonl": f"{FOLDER}_results/b.jsonl",
    }
    assert done["summary_uri"] == f"s3://{DROPS}/{FOLDER}_results/summary.json"


def test_missing_responses_are_named_with_the_reason(context: LambdaContext) -> None:
    run = upload({"a.npy": b"1", "b.png": b"2", "c.png": b"3"})
    encoded(
        (((0, 8), (8, 4), (12, 1)), ()), (((0, 1),), ()), ((), ((None, "It is not a picture."),))
    )
    respond("00000-00001", [[1, 2]] * 4)
    done = collect(run, context, transform_reason="Algorithm Error")
    assert done["counts"] == {"inputs": 3, "succeeded": 0, "partial": 1, "failed": 2}
    cause = "The model did not respond to it: Algorithm Error"
    assert done["failures"] == [
        {"input": "a.npy", "record": "rows 0 to 7", "cause": cause},
        {"input": "a.npy", "record": "row 12", "cause": cause},
        {"input": "b.png", "record": None, "cause": cause},
        {"input": "c.png", "record": None, "cause": "It is not a picture."},
    ]
    with np.load(io.BytesIO(result("a.npy.npz"))) as file:
        assert file["_rows"].tolist() == [8, 9, 10, 11]
    assert keys(DROPS, f"{FOLDER}_results/") == ["a.npy.npz", "summary.json"]


def test_data_log_names_the_cause_of_a_missing_response(context: LambdaContext) -> None:
    run = upload({"a.npy": b"1"})
    encoded((((0, 8), (8, 4)), ()))
    logs().create_log_group(logGroupName=TRANSFORM_LOG_GROUP)
    write(STREAM, *REFUSED)
    done = collect(run, context, transform_reason="See job logs")
    assert [each["cause"] for each in done["failures"]] == [
        "The model did not respond to it: See job logs",
        "The model did not process it: a value above 700",
    ]


def test_responses_may_be_in_a_folder_of_their_own(context: LambdaContext) -> None:
    run = upload({"a.png": b"1"})
    encoded((((0, 1),), ()))
    respond("inputs/00000-00000", [[1, 2]])
    assert collect(run, context)["counts"]["succeeded"] == 1


def test_results_of_an_earlier_run_are_deleted_and_a_repeated_call_changes_nothing(
    context: LambdaContext,
) -> None:
    run = upload({"a.png": b"1"})
    encoded((((0, 1),), ()))
    respond("00000-00000", [[1, 2]])
    s3().put_object(Bucket=DROPS, Key=f"{FOLDER}_results/old.png.npz", Body=b"old")
    first = collect(run, context)
    assert keys(DROPS, f"{FOLDER}_results/") == ["a.png.npz", "summary.json"]
    assert collect(run, context) == first


def test_too_large_responses_are_named(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "RESULT_BYTES", 10)
    run = upload({"a.png": b"1"})
    encoded((((0, 1),), ()))
    respond("00000-00000", [[1, 2]])
    assert "A result has at most 10: split" in collect(run, context)["failures"][0]["cause"]


def test_call_without_time_leaves_the_rest_to_the_next_one(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = upload({f"{number}.png": b"1" for number in range(10)})
    encoded(*((((0, 1),), ()) for _ in range(10)))
    for number in range(10):
        respond(f"{number:05d}-00000", [[1, 2]])
    monkeypatch.setattr("workflow.batch.documents.GROUP_BYTES", 1)
    monkeypatch.setattr(module, "SECONDS", 0)
    first = collect(run, context)
    assert (first["done"], first["collected"]) == (False, module.MIN_INPUTS)
    second = collect(run, context, collected=first["collected"])
    assert second["counts"] == {"inputs": 10, "succeeded": 10, "partial": 0, "failed": 0}


def test_only_the_first_failures_are_in_the_notification(context: LambdaContext) -> None:
    run = upload({"a.jsonl": b"1"})
    encoded(((), tuple((number, "no " * 200) for number in range(1, 31))))
    done = collect(run, context)
    assert len(done["failures"]) == 20
    assert len(done["failures"][0]["cause"]) == 300
    assert len(json.loads(result("summary.json"))["failures"]) == 30
    assert len(result("a.jsonl").splitlines()) == 30
    assert done["counts"]["failed"] == 1
