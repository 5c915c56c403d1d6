"""docs/notifications.md shows the real notifications, and its commands exist."""

from __future__ import annotations

import re
import shlex

import pytest
from typer.main import get_group

from modeldrop.command.app import app
from scripts.write_notifications_page import FUNCTIONS, PAGE, page
from tests.consistency.asl import TEMPLATE
from workflow.errors import __all__ as errors

COMMANDS = sorted(set(re.findall(r"^    modeldrop (.*)$", page(), re.M)))


def test_page_is_current() -> None:
    assert PAGE.read_text() == page(), "make pages"


def test_page_has_every_golden_file() -> None:
    assert page().count("\n```text\n") == len(list(FUNCTIONS.glob("publish_*/golden/*.txt")))


@pytest.mark.parametrize("shown", COMMANDS)
def test_shown_command_is_valid(shown: str) -> None:
    name, *arguments = shlex.split(shown)
    places = {"FILE": __file__, "model.pt": __file__, "deploy.yaml": __file__}
    arguments = [places.get(each, each) for each in arguments]
    get_group(app).commands[name].make_context(name, arguments)


def test_names_on_the_page_exist() -> None:
    assert {"ResultTopicArn", "ChatTopicArn"} <= set(TEMPLATE["Outputs"])
    assert {"NotificationEmail", "ChatNotifications"} <= set(TEMPLATE["Parameters"])
    filters = page().partition("## Filters")[2].partition("\n## ")[0]
    named = set(re.findall(r"\b[A-Z][a-z]+[A-Z][a-z]+\b", filters))
    assert named - {"FilterPolicy"} <= set(errors)
