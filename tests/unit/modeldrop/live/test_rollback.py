from __future__ import annotations

import pytest

from model_packager.stored import DeploymentRecord
from modeldrop.errors import UsageError
from modeldrop.live.rollback import choose
from modeldrop.live.version_history import History
from tests.unit.modeldrop.recorded import MIDDLE, NEWEST, OLDEST, record

UNTESTED = "20260901T000000Z-00000000"


def kept(version: str, version_id: str | None = "v1") -> DeploymentRecord:
    written = record(version, version_id=version_id)
    return DeploymentRecord.model_validate_json(written.model_dump_json())


def history(
    *versions: str, live: str | None = NEWEST, serving: str | None = NEWEST, model: str = "resnet"
) -> History:
    records = tuple(kept(version) for version in versions)
    return History(model, f"modeldrop-{model}", live, serving, records)


ALL = (NEWEST, MIDDLE, OLDEST)


@pytest.mark.parametrize(
    ("serving", "live", "chosen"),
    [
        (NEWEST, NEWEST, MIDDLE),
        (MIDDLE, MIDDLE, OLDEST),
        (None, MIDDLE, OLDEST),
        (UNTESTED, NEWEST, NEWEST),
    ],
    ids=["newest serves", "after a rollback", "endpoint gone", "untested version serves"],
)
def test_next_older_version(serving: str | None, live: str, chosen: str) -> None:
    assert choose(history(*ALL, live=live, serving=serving)).version == chosen


def test_older_drop_of_the_same_second() -> None:
    """The digest of the older drop sorts last."""
    older, newer = f"{MIDDLE[:-8]}ffffffff", f"{MIDDLE[:-8]}00000000"
    records = tuple(
        each.model_copy(
            update={"deployment": each.deployment.model_copy(update={"sequencer": sequencer})}
        )
        for each, sequencer in ((kept(newer), "0A1"), (kept(older), "09FF"))
    )
    found = History("resnet", "modeldrop-resnet", newer, newer, records)
    assert choose(found).version == older


@pytest.mark.parametrize("to", [OLDEST, OLDEST[:8], "20260731"])
def test_version_by_its_beginning(to: str) -> None:
    assert choose(history(*ALL), to).version == OLDEST


def test_version_by_its_label() -> None:
    numbered = zip(ALL, (12, 2, 1), strict=True)
    records = tuple(record(version, number=number) for version, number in numbered)
    found = History("resnet", "modeldrop-resnet", NEWEST, NEWEST, records)
    assert choose(found, "v2").version == MIDDLE
    with pytest.raises(UsageError, match=rf"has no version v3\. Retained: v12 \({NEWEST}\), v2"):
        choose(found, "v3")


def test_forward_again() -> None:
    assert choose(history(*ALL, live=OLDEST, serving=OLDEST), NEWEST).version == NEWEST


def test_what_was_live_when_its_endpoint_is_gone() -> None:
    assert choose(history(*ALL, serving=None), NEWEST).version == NEWEST


@pytest.mark.parametrize(
    ("history", "to", "words"),
    [
        (history(), None, "resnet has no retained versions"),
        (history(*ALL, live=None, serving=None), None, f"with --to. Retained: {NEWEST}, {MIDDLE}"),
        (history(NEWEST), None, f"older than the live version {NEWEST}.*Retained: {NEWEST}"),
        (
            history(*ALL),
            "2025",
            f"resnet has no version 2025. Retained: {NEWEST}, {MIDDLE}, {OLDEST}",
        ),
        (
            history(*ALL),
            "202608",
            f"matches several versions of resnet. Retained: {NEWEST}, {MIDDLE}\\.",
        ),
        (history(*ALL), "", "resnet has no version "),
        (history(*ALL), NEWEST, f"{NEWEST} of resnet is already live"),
    ],
    ids=["none kept", "nothing live", "none older", "unknown", "ambiguous", "empty", "serves"],
)
def test_usage_errors(history: History, to: str | None, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        choose(history, to)
