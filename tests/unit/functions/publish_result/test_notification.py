"""The notification as text. Run as a module (`python -m`), this writes golden/ anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_packager.load_profile import LoadPoint
from model_packager.model_warnings import ModelWarning, WarningCode
from publish_result.notification import Notification, message, notification, subject
from tests.unit.functions.given import (
    CONFIG,
    DEPLOYMENT,
    ENDPOINT,
    EXECUTION,
    LATER,
    OLDER,
    OTHER_EXECUTION,
    REGION,
    VERSION,
    signature,
    source,
    tensor,
)
from workflow.contracts import Failure, PublishResultInput, Ranking, SmokeResult, Status
from workflow.notification_text import SUBJECT_LIMIT
from workflow.verdict import verdict

GOLDEN = Path(__file__).with_name("golden")
TIMINGS = {"Inspect Model": 0.412, "Package Model": 3.0, "Wait": 180.5}
SMOKE = SmokeResult(
    passed=True,
    request_format="binary",
    input="sample/input.png",
    requests=5,
    first_ms=71.25,
    p50_ms=23.4,
    p95_ms=25.1,
    limits={"p50_ms": 50},
    request_bytes=602_286,
    response_bytes=4_150,
    output_shapes={"OUTPUT__0": [1, 1000]},
    golden="sample/expected.json: class 282 (tiger cat) is within the best 1",
    checks=[
        "names, dtypes, shapes and values of all outputs",
        "the same request gets the same answer",
        "the golden sample",
        "a row gets the same answer alone and in a batch of 8",
        "each of 4 clients at a time gets its own rows",
        "the median latency is at most 50 ms",
    ],
    top=[
        Ranking(index=282, label="tiger cat", score=0.395),
        Ranking(index=285, label="Egyptian cat", score=0.355),
    ],
)
LOAD = tuple(
    LoadPoint(
        concurrency=clients,
        request_format=request_format,
        requests=int(rate * 5),
        requests_per_second=rate,
        items_per_second=rate,
        p50_ms=p95 - 4,
        p90_ms=p95 - 1,
        p95_ms=p95,
        p99_ms=p95 + 6.5,
        request_bytes=request_bytes,
        response_bytes=4_150,
    )
    for clients, request_format, rate, p95, request_bytes in (
        (1, "binary", 42.2, 25.1, 602_286),
        (4, "binary", 121.8, 38.4, 602_286),
        (8, "binary", 130.2, 71.9, 602_286),
        (1, "json", 5.8, 181.2, 3_104_117),
    )
)
WARNINGS = (
    ModelWarning(
        code=WarningCode.FLOAT64_WEIGHTS,
        cause="The model has float64 weights.",
        fix="Call `model.float()` before you export it.",
    ),
)
FAILURES = {
    Status.FAILED: Failure(
        state="Smoke Test",
        error="SmokeTestFailed",
        cause=json.dumps(
            {
                "errorMessage": "The output OUTPUT__0 is FP16, and FP32 was promised.\nFix: Write "
                "dtype: FP16 for it in deploy.yaml, then drop the model again.",
                "errorType": "SmokeTestFailed",
            }
        ),
    ),
    Status.ROLLED_BACK: Failure(
        state="Check Endpoint",
        error="EndpointRolledBack",
        cause=f"SageMaker could not start {CONFIG} and went back to {ENDPOINT}-{OLDER}: The "
        "container did not pass the ping health check.\nFix: Mend the model or deploy.yaml.",
    ),
    Status.SUPERSEDED: Failure(
        state="Create Endpoint",
        error="SupersededDrop",
        cause=f"Version {LATER} is live on {ENDPOINT}, and is later than {VERSION}.\nFix: Nothing "
        "to do. To serve this model after all, drop it again.",
    ),
    Status.DUPLICATE: Failure(
        state="Inspect Model",
        error="DuplicateDrop",
        cause=f"This drop (version {VERSION}) is in the hands of {OTHER_EXECUTION}.\nFix: Nothing "
        "to do: that execution tells how it ends.",
    ),
}
SETBACK = Failure(
    state="Check Endpoint",
    error="CapacityShort",
    cause="AWS has no ml.g4dn.xlarge now.\nFix: Nothing to do: the next type was tried.",
)
RECORD = f"s3://artifacts/resnet/{VERSION}/deployment.json"
REPORT = f"s3://artifacts/_reports/resnet/{VERSION}.html"
LIVE = {
    Status.SUCCEEDED: VERSION,
    Status.FAILED: None,
    Status.ROLLED_BACK: OLDER,
    Status.SUPERSEDED: LATER,
    Status.DUPLICATE: VERSION,
}


def told(status: Status) -> Notification:
    failure = FAILURES.get(status)
    inspected = status is not Status.DUPLICATE
    return notification(
        PublishResultInput(
            source=source("0f343b0931126a20f133d67c2b018a3b"),
            execution_arn=EXECUTION,
            deployment=DEPLOYMENT if inspected else None,
            signature=signature((tensor("INPUT__0", 3, 224, 224),), (tensor("OUTPUT__0", 1000),))
            if inspected
            else None,
            warnings=WARNINGS if inspected else (),
            smoke=None if failure else SMOKE,
            failure=failure,
            setbacks=[SETBACK] if status is Status.SUCCEEDED else [],
            restoring=False,
            superseded_version=OLDER if status is Status.SUCCEEDED else None,
            record_uri=RECORD if status is Status.SUCCEEDED else None,
            report_uri=None if status is Status.DUPLICATE else REPORT,
            remaining=[f"endpoint {ENDPOINT}"] if status is Status.FAILED else [],
        ),
        verdict(failure),
        model="resnet",
        endpoint=ENDPOINT,
        live_version=LIVE[status],
        region=REGION,
        timings=TIMINGS,
    )


def text(status: Status) -> str:
    return as_text(told(status))


def as_text(drop: Notification) -> str:
    return f"Subject: {subject(drop)}\n\n{message(drop)}\n"


def under_load(max_p95_ms: float) -> Notification:
    smoke = SMOKE.model_copy(update={"load": LOAD, "limits": {"p95_ms": max_p95_ms}})
    return told(Status.SUCCEEDED).model_copy(update={"smoke": smoke})


@pytest.mark.parametrize("status", Status)
def test_text_is_the_golden_one(status: Status) -> None:
    assert text(status) == (GOLDEN / f"{status}.txt").read_text(encoding="utf-8")


def test_text_under_load_is_the_golden_one() -> None:
    assert as_text(under_load(50)) == (GOLDEN / "UNDER_LOAD.txt").read_text(encoding="utf-8")


def test_load_beyond_the_limit_is_told() -> None:
    assert "Under load no level keeps to the 20 ms that are allowed; the nearest is 1 client" in (
        message(under_load(20))
    )


@pytest.mark.parametrize("status", Status)
def test_body_is_a_sentence_then_json(status: Status) -> None:
    body = message(told(status))
    first = body.splitlines()[0]
    assert first.startswith("resnet ")
    assert first.endswith(".")
    content = json.loads(body[body.rindex("\n\n{") :])
    assert Notification.model_validate(content) == told(status)
    assert content["status"] == status
    assert content["model"] == "resnet"


@pytest.mark.parametrize("status", Status)
def test_people_are_told_what_serves_now(status: Status) -> None:
    serves = f"version {LIVE[status]} serves" if LIVE[status] else "nothing serves"
    assert f"\nNow {serves} on {ENDPOINT}.\n\n{{" in message(told(status))


def test_key_stands_for_a_model_without_a_name() -> None:
    nameless = told(Status.FAILED).model_copy(update={"model": None, "endpoint": None})
    assert subject(nameless) == "FAILED: resnet/model.pt failed at Smoke Test"
    assert message(nameless).startswith("s3://drops/resnet/model.pt ended FAILED at Smoke Test: ")
    assert "Now nothing serves on this name." in message(nameless)


def test_class_without_a_label_is_told_by_its_number() -> None:
    best = Ranking(index=7, label=None, score=0.5)
    seen = told(Status.SUCCEEDED).model_copy(
        update={"smoke": SMOKE.model_copy(update={"top": [best]})}
    )
    assert "On sample/input.png it saw: class 7 (0.500)." in message(seen)


def test_what_remains_is_told() -> None:
    assert f"billed until it is: endpoint {ENDPOINT}." in message(told(Status.FAILED))
    assert "billed" not in message(told(Status.SUCCEEDED))


def test_setbacks_are_told_in_words_and_in_json() -> None:
    body = message(told(Status.SUCCEEDED))
    assert "On the way, Check Endpoint met CapacityShort: AWS has no ml.g4dn.xlarge now." in body
    assert json.loads(body[body.rindex("\n\n{") :])["setbacks"] == [
        {
            "state": "Check Endpoint",
            "error": "CapacityShort",
            "cause": "AWS has no ml.g4dn.xlarge now.",
            "fix": "Nothing to do: the next type was tried.",
        }
    ]
    assert "On the way" not in message(told(Status.FAILED))


def test_record_and_what_was_superseded_are_in_the_json() -> None:
    body = message(told(Status.SUCCEEDED))
    content = json.loads(body[body.rindex("\n\n{") :])
    assert (content["record"], content["superseded_version"]) == (RECORD, OLDER)
    assert content["restored"] is False


def test_restored_version_is_told_as_such() -> None:
    restored = told(Status.SUCCEEDED).model_copy(update={"restored": True})
    first = message(restored).splitlines()[0]
    assert first.startswith(f"resnet was brought back to version {VERSION} on the endpoint")
    assert '"restored": true' in message(restored)


@given(st.sampled_from(Status), st.text(max_size=1024), st.text(max_size=80))
def test_any_subject_is_one_that_sns_takes(status: Status, key: str, state: str) -> None:
    drop = told(status)
    renamed = drop.model_copy(
        update={
            "model": None,
            "failed_state": state,
            "source": drop.source.model_copy(update={"key": key}),
        }
    )
    line = subject(renamed)
    assert line.startswith(f"{status}: ")
    assert len(line) <= SUBJECT_LIMIT < 100
    assert line.isascii()
    assert line.isprintable()


def test_long_subject_shows_that_it_was_cut() -> None:
    long = told(Status.SUCCEEDED).model_copy(update={"model": "x" * 128})
    assert subject(long) == "SUCCEEDED: " + "x" * 85 + "..."


if __name__ == "__main__":
    for each in Status:
        (GOLDEN / f"{each}.txt").write_text(text(each), encoding="utf-8")
    (GOLDEN / "UNDER_LOAD.txt").write_text(as_text(under_load(50)), encoding="utf-8")
