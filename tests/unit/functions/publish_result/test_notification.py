"""The notification of a drop, as text. Run as a module (`python -m`), this writes golden/ anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_packager.stored import Ranking
from publish_result.notification import Notification
from publish_result.rendering import letter
from tests.unit.functions.given import ENDPOINT, OLDER, VERSION
from tests.unit.functions.goldens import papers, write
from tests.unit.functions.publish_result.ended_drops import (
    DROPS,
    LOAD,
    RECORD,
    SMOKE,
    ended,
)
from workflow.contracts.deploy_model import Status
from workflow.notify.email import mail, subject, words

GOLDEN = Path(__file__).with_name("golden")


def golden() -> dict[str, str]:
    files: dict[str, str] = {}
    for name, told in DROPS.items():
        files |= papers(name, letter(told), told)
    return files


def said(told: Notification) -> str:
    """The words, with the wrapping taken back."""
    return " ".join(words(letter(told)).split())


def test_texts_are_the_golden_ones() -> None:
    stored = {file.name: file.read_text(encoding="utf-8") for file in GOLDEN.iterdir()}
    assert golden() == stored, f"PYTHONPATH=functions:. python -m {__spec__.name}"


def test_every_status_has_a_golden_file() -> None:
    assert {told.status for told in DROPS.values()} == set(Status)


@pytest.mark.parametrize("name", DROPS)
def test_body_is_a_sentence_then_json(name: str) -> None:
    told = DROPS[name]
    body = mail(letter(told), told)
    first = " ".join(body.partition("\n\n")[0].split())
    assert first.startswith(told.model or f"s3://drops/{told.source.key}")
    assert first.endswith(letter(told).sentence[-30:])
    content = json.loads(body[body.rindex("\n\n{") :])
    assert Notification.model_validate(content) == told
    assert content["shortened"] == []


@pytest.mark.parametrize("name", DROPS)
def test_people_are_told_what_serves_now(name: str) -> None:
    told = DROPS[name]
    serves = f"Version {told.live_version} serves" if told.live_version else "Nothing serves"
    assert f"What serves now: - {serves} on {told.endpoint or 'this name'}" in said(told)


def test_people_are_told_since_when() -> None:
    assert f"Version {OLDER} serves on {ENDPOINT}, since 2026-07-31 08:04 UTC." in said(
        DROPS["ROLLED_BACK"]
    )
    unknown = DROPS["ROLLED_BACK"].model_copy(update={"live_since": None})
    assert f"Version {OLDER} serves on {ENDPOINT}. What to do next:" in said(unknown)


def test_load_beyond_the_limit_is_told() -> None:
    smoke = SMOKE.model_copy(update={"load": LOAD, "limits": {"p95_ms": 20}})
    assert "Under load no level keeps to the 20 ms that are allowed; the nearest is 1 client" in (
        said(ended(live=VERSION, smoke=smoke))
    )


def test_key_stands_for_a_model_without_a_name() -> None:
    nameless = DROPS["FAILED_NO_NAME"]
    assert subject(letter(nameless)) == "FAILED: my cat/model.pt failed at Inspect Model"
    assert said(nameless).startswith("s3://drops/my cat/model.pt ended FAILED at Inspect Model: ")
    assert "    aws s3 mv 's3://drops/my cat/model.pt' s3://drops/NAME/model.pt\n" in words(
        letter(nameless)
    )


def test_class_without_a_label_is_told_by_its_number() -> None:
    best = Ranking(index=7, label=None, score=0.5)
    seen = ended(live=VERSION, smoke=SMOKE.model_copy(update={"top": [best]}))
    assert "On sample/input.png it saw: class 7 (0.500)." in said(seen)


def test_what_remains_is_told_and_asks_for_something() -> None:
    assert f"billed until it is: endpoint {ENDPOINT}." in said(DROPS["FAILED"])
    assert "billed" not in said(DROPS["SUCCEEDED"])
    left = ended(live=VERSION, remaining=["endpoint config c"])
    assert letter(left).needs_action
    assert letter(left).commands[-1] == "modeldrop orphans --delete"
    assert not letter(DROPS["SUCCEEDED"]).needs_action


def test_setbacks_are_told_in_words_and_in_json() -> None:
    told = DROPS["SUCCEEDED"]
    assert "On the way, Check Endpoint met CapacityShort: AWS has no ml.g4dn.xlarge now." in said(
        told
    )
    assert [each.model_dump() for each in told.recovered_errors] == [
        {
            "state": "Check Endpoint",
            "error": "CapacityShort",
            "cause": "AWS has no ml.g4dn.xlarge now.",
            "fix": "Nothing to do: the next type was tried.",
        }
    ]
    assert "On the way" not in said(DROPS["FAILED"])


def test_record_and_what_was_superseded_are_in_the_json() -> None:
    told = DROPS["SUCCEEDED"]
    assert (told.record, told.superseded_version, told.restored) == (RECORD, OLDER, False)


def test_restored_version_is_told_as_such() -> None:
    assert said(DROPS["RESTORED"]).startswith(
        f"resnet was brought back to version {VERSION} on the endpoint"
    )
    assert DROPS["RESTORED"].restored


def test_long_subject_shows_that_it_was_cut() -> None:
    long = DROPS["SUCCEEDED"].model_copy(update={"model": "x" * 128})
    assert subject(letter(long)) == "SUCCEEDED: " + "x" * 85 + "..."


if __name__ == "__main__":
    write(GOLDEN, golden())
