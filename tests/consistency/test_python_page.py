"""docs/python.md matches the docstrings of the Python API."""

import ast

import modeldrop
from modeldrop.api.deployment import Deployment
from modeldrop.api.endpoint import Endpoint
from scripts.write_python_page import OPENING, PAGE, page


def test_page_is_current() -> None:
    assert PAGE.read_text() == page(), "make pages"


def test_page_has_every_public_name() -> None:
    for name in modeldrop.__all__:
        assert f"\n## modeldrop.{name}\n" in page()


def test_example_calls_what_exists() -> None:
    example = OPENING.partition("```python\n")[2].partition("```")[0]
    calls = [each.func for each in ast.walk(ast.parse(example)) if isinstance(each, ast.Call)]
    named = {
        (each.value.id, each.attr)
        for each in calls
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name)
    }
    owners: dict[str, object] = {"modeldrop": modeldrop, "deployment": Deployment, "cat": Endpoint}
    assert {owner for owner, _name in named} == owners.keys()
    assert [name for owner, name in named if not hasattr(owners[owner], name)] == []
