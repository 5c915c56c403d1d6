"""docs/architecture.md shows the current states and the paths of their code."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from scripts.write_architecture_page import PAGE, page
from tests.consistency.asl import MACHINES, ROOT, TASKS, snake

TEXT = PAGE.read_text()
PICTURES = ["architecture.svg"]


def test_page_is_current() -> None:
    assert page(TEXT) == TEXT, "make pages"


@pytest.mark.parametrize("state", TASKS)
def test_every_task_has_its_code(state: str) -> None:
    assert f"\n| {state} | [`functions/{snake(state)}/`]" in TEXT
    assert (ROOT / "functions" / snake(state) / "handler.py").exists()


def test_every_state_is_drawn() -> None:
    for machine in MACHINES.values():
        for state in machine["States"]:
            assert f" : {state}\n" in TEXT


@pytest.mark.parametrize("name", PICTURES)
def test_picture_can_be_read_by_all(name: str) -> None:
    picture = (ROOT / "docs" / name).read_text()
    root = ElementTree.fromstring(picture)  # noqa: S314 -- our own file
    parts = {each.tag.rpartition("}")[2] for each in root}
    assert root.get("role") == "img"
    assert {"title", "desc"} <= parts
    assert root.get("aria-labelledby") == "title desc"
    assert "prefers-color-scheme: dark" in picture
    assert "script" not in parts
    shown = re.search(rf"!\[([^\]]+)\]\({name}\)", TEXT)
    assert shown, "the page shows it, with words for those who do not see it"


def test_picture_names_the_states_of_a_successful_drop() -> None:
    picture = (ROOT / "docs" / "architecture.svg").read_text()
    for state in TASKS:
        if state in MACHINES["deploy_model"]["States"] and "Drop" not in state:
            shown_elsewhere = {
                "Find Model",
                "Restore Version",
                "Run Model",
                "Next Instance Type",
                "Delete Staging Endpoint",
                "Start Shadow Test",
                "Compare Answers",
            }
            assert state in shown_elsewhere or f">{state}<" in picture, state
