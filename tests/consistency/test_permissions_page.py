"""docs/permissions.md matches the template."""

from scripts.write_permissions_page import PAGE, page
from tests.consistency.asl import RESOURCES, TASKS, pascal


def test_page_is_current() -> None:
    assert PAGE.read_text() == page(), "make pages"


def test_page_has_every_role() -> None:
    text = page()
    for state in TASKS:
        assert f"\n## {pascal(state)}Function\n" in text
    roles = [name for name, each in RESOURCES.items() if each["Type"] == "AWS::IAM::Role"]
    for role in roles:
        assert f"\n## {role}\n" in text
