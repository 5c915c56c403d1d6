"""Every format is known wherever dropped objects are told apart."""

from model_packager.formats.registry import FORMATS
from model_packager.names import MODEL_FILES, SPEC_FILE
from tests.consistency.asl import RESOURCES, ROOT


def test_names_know_every_format() -> None:
    assert tuple(FORMATS) == MODEL_FILES


def keys_of(machine: str, event: str) -> list[object]:
    rule = RESOURCES[machine]["Properties"]["Events"][event]
    found: list[object] = rule["Properties"]["Pattern"]["detail"]["object"]["key"]
    return found


def test_event_rules_match_every_format() -> None:
    models = [each for name in FORMATS for each in ({"suffix": f"/{name}"}, name)]
    dropped = [*models, {"suffix": f"/{SPEC_FILE}"}, SPEC_FILE]
    assert keys_of("DeployModelStateMachine", "ModelDropped") == dropped
    assert keys_of("RetireModelStateMachine", "ModelDeleted") == models


def test_readme_has_every_format() -> None:
    table = (ROOT / "README.md").read_text().partition("## The drop")[2].partition("\n## ")[0]
    for name in FORMATS:
        assert f"`[any/prefix/]<model name>/{name}`" in table, name
