"""Every format is known wherever dropped objects are told apart."""

from model_packager.formats import FORMATS
from model_packager.names import MODEL_FILES, SPEC_FILE
from tests.consistency.asl import RESOURCES, ROOT


def test_names_know_every_format() -> None:
    assert tuple(FORMATS) == MODEL_FILES


def test_event_rule_matches_every_format() -> None:
    rule = RESOURCES["DeployModelStateMachine"]["Properties"]["Events"]["ModelDropped"]
    wanted = [[{"suffix": f"/{name}"}, name] for name in FORMATS]
    found = rule["Properties"]["Pattern"]["detail"]["object"]["key"]
    wanted.append([{"suffix": f"/{SPEC_FILE}"}, SPEC_FILE])
    assert found == [each for pair in wanted for each in pair]


def test_readme_has_every_format() -> None:
    table = (ROOT / "README.md").read_text().partition("## The drop")[2].partition("\n## ")[0]
    for name in FORMATS:
        assert f"`[any/prefix/]<model name>/{name}`" in table, name
