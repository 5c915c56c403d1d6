from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from model_packager.executions.history import StateVisit
from tests.report_samples import START, visits
from write_report.timeline import FINEST, WIDTH, TimelineRow, timeline, total_seconds


def bars(row: TimelineRow) -> list[tuple[float, float]]:
    found = ET.fromstring(row.bars).iter("rect")  # noqa: S314  # made here
    return [(float(each.attrib["x"]), float(each.attrib["width"])) for each in found]


def test_nothing_seen_is_no_timeline() -> None:
    assert timeline([], None, ()) == []
    assert total_seconds([]) == 0


def test_bars_are_where_the_time_was_spent() -> None:
    seen = visits(("Inspect Model", 2), ("Package Model", 6), ("Smoke Test", 2))
    rows = timeline(seen, None, ())
    assert [(row.state, row.seconds, row.visits) for row in rows] == [
        ("Inspect Model", 2, 1),
        ("Package Model", 6, 1),
        ("Smoke Test", 2, 1),
    ]
    assert [bars(row) for row in rows] == [[(0, 200)], [(200, 600)], [(800, 200)]]
    assert total_seconds(seen) == 10


def test_visits_of_a_state_are_one_row() -> None:
    rows = timeline(visits(("Wait for Endpoint", 3), repeat=2), None, ())
    assert [(row.state, row.visits) for row in rows] == [
        ("Wait for Endpoint", 2),
        ("Check Endpoint", 2),
    ]
    assert rows[0].seconds == pytest.approx(6)
    assert len(bars(rows[0])) == 2
    assert "Wait for Endpoint: from 0.0 s to 6.2 s" in rows[0].bars


def test_an_hour_of_polling_stays_small_and_inside() -> None:
    rows = timeline(visits(("Wait for Endpoint", 5), ("Smoke Test", 1), repeat=700), None, ())
    [(x, width)] = bars(rows[0])
    assert x == 0
    assert width == pytest.approx(WIDTH, rel=0.01)
    assert sum(len(row.bars) for row in rows) < 2000
    for row in rows:
        for x, width in bars(row):
            assert 0 <= x <= WIDTH
            assert width >= FINEST - 0.1
            assert x + width <= WIDTH + 0.1


def test_tone_shows_the_kind_of_error() -> None:
    seen = visits(("Check Endpoint", 1), ("Create Model", 1), ("Smoke Test", 1))
    tones = {row.state: row.tone for row in timeline(seen, "Smoke Test", {"Check Endpoint"})}
    assert tones == {"Check Endpoint": "note", "Create Model": "good", "Smoke Test": "bad"}


def test_states_of_no_length_can_be_seen() -> None:
    (row,) = timeline([StateVisit("Inspect Model", START, START)], None, ())
    assert bars(row) == [(0, FINEST)]


def test_no_name_gets_into_the_markup() -> None:
    (row,) = timeline([StateVisit('"><script>', START, START)], None, ())
    assert not re.search(r"<script", row.bars)
