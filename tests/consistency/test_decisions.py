"""The index of decisions lists all records."""

import re

from tests.consistency.asl import ROOT

FOLDER = ROOT / "docs" / "decisions"
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))


def test_numbers_are_consecutive() -> None:
    numbers = [int(each.name.partition("-")[0]) for each in RECORDS]
    assert numbers == list(range(1, len(RECORDS) + 1))


def test_index_has_every_record_with_title_and_date() -> None:
    expected = []
    for record in RECORDS:
        number, title, date = re.match(
            r"# (\d+)\. (.+)\n\n(\d{4}-\d\d-\d\d)\n", record.read_text()
        ).groups()  # type: ignore[union-attr]
        assert int(number) == int(record.name[:4])
        expected.append(f"| {number} | [{title}]({record.name}) | {date} |")
    assert re.findall(r"^\| \d+ .*$", (FOLDER / "README.md").read_text(), re.M) == expected
