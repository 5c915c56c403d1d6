import json

import pytest

from model_packager.rejection import SpecRejected
from model_packager.spec.yaml.document import MAX_BYTES, merged, read_document


def refused(text: str) -> SpecRejected:
    with pytest.raises(SpecRejected) as rejection:
        read_document(text, "spec")
    return rejection.value


def test_places_are_known_for_every_key_and_item() -> None:
    document = read_document("# top\na: 1\nb:\n  c:\n    - d: 2\n    - 3\n", "spec")
    assert document.content == {"a": 1, "b": {"c": [{"d": 2}, 3]}}
    assert {path: (place.key, place.value) for path, place in document.places.items()} == {
        ("a",): ((2, 1), (2, 4)),
        ("b",): ((3, 1), (4, 3)),
        ("b", "c"): ((4, 3), (5, 5)),
        ("b", "c", 0): ((5, 7), (5, 7)),
        ("b", "c", 0, "d"): ((5, 7), (5, 10)),
        ("b", "c", 1): ((6, 7), (6, 7)),
    }
    assert {place.origin for place in document.places.values()} == {"spec"}


def test_merged_documents_forget_what_was_replaced() -> None:
    below = read_document("a: [1, 2]\nb: {c: 1, d: 1}\ne: {f: 1}\ng: {h: 1}\n", "below")
    above = read_document("a: [3]\nb: {c: 2}\ne: 1\ng:\n", "above")
    both = merged(below, above)
    assert both.content == {"a": [3], "b": {"c": 2, "d": 1}, "e": 1, "g": {"h": 1}}
    origins = {path: place.origin for path, place in both.places.items()}
    assert ("a", 1) not in origins
    assert ("e", "f") not in origins
    assert origins[("a", 0)] == origins[("b", "c")] == origins[("e",)] == "above"
    assert origins[("b", "d")] == origins[("g", "h")] == "below"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("a: 1\nb: {c: 1,\n c: 2}", "spec, line 3, column 2: the key 'c' occurs twice."),
        (
            "a: &x [1]\nb: *x",
            "spec, line 2, column 4: aliases (*name) are not supported; write",
        ),
        ("a: {", "spec, line 1, column 5: expected the node content, but found '<stream end>'."),
        ("a: [1\nb: 2", "spec, line 2, column 2: expected ',' or ']', but got ':'."),
        ("a:\tb: c", "spec, line 1, column 3: "),
        (
            "1: a",
            "spec, line 1, column 1: a key should be text (no list, number, true, null or",
        ),
        ("true: a", "spec, line 1, column 1: a key should be text"),
        ("<<: {a: 1}", "spec, line 1, column 1: a key should be text"),
        ("? [a]\n: b", "spec, line 1, column 3: a key should be text"),
        (
            "a: !!python/object/apply:os.system [ls]",
            "spec, line 1, column 4: could not determine",
        ),
        ("---\na: 1\n---\nb: 1", "spec, line 3, column 1: found another document."),
        ("[1, 2]", "spec should be a mapping, such as `max_batch_size: 8`, but is a list."),
        ("8", "spec should be a mapping, such as `max_batch_size: 8`, but is a single val"),
        ("a: 2001-99-99", "spec, line 1, column 4: '2001-99-99' is not a valid timestamp."),
        ("a: \0", "spec, line 1, column 4: YAML does not allow '\\x00'."),
        ("a:\n  - !!bool foo", "spec, line 2, column 5: 'foo' is not a valid bool."),
        ('a: !!int ""', "spec, line 1, column 4: '' is not a valid int."),
        ("a: !!timestamp foo", "spec, line 1, column 4: 'foo' is not a valid timestamp."),
        ("a: !!float x", "spec, line 1, column 4: 'x' is not a valid float."),
        ("a: !!map foo", "spec, line 1, column 4: expected a mapping node"),
        ("a: !!binary aGk=", "spec, line 1, column 4: could not determine a constructor"),
        ("a: !!set {b}", "spec, line 1, column 4: could not determine a constructor"),
        ("a: 0x" + "F" * 5000, "spec, line 1, column 4: a number of 5,002 characters is too long."),
        ("a: 1_0", "spec, line 1, column 4: YAML reads 1_0 as another number; write digits"),
        ("a: 1:30", "spec, line 1, column 4: YAML reads 1:30 as another number"),
        ("a: 010", "spec, line 1, column 4: YAML reads 010 as another number"),
        ("a: -0b11", "spec, line 1, column 4: YAML reads -0b11 as another number"),
        ('a: "\\UFFFFFFFF"', "spec, line 1, column 7: no character has this number; the last one"),
        ('a: "\\U00110000"', "spec, line 1, column 7: no character has this number; the last one"),
        ('a: "\\ud800"', "spec, line 1, column 4: a text holds half of a surrogate pair"),
        ('"\\ud800": a', "spec, line 1, column 1: a text holds half of a surrogate pair"),
        ("a: [" + "1," * 30_000 + "]", "spec, line 1, column 19999: it has more than 10,000 keys"),
        ("[" * 50_000, "spec, line 1, column 51: it is nested more than 50 levels deep."),
        ("a: " + "{a: " * 10_000, "spec, line 1, column 197: it is nested more than 50 levels"),
        ("- " * 30_000, "spec, line 1, column 101: it is nested more than 50 levels deep."),
        ("a: " + "9" * 5000, "spec, line 1, column 4: a number of 5,000 characters is too long."),
        ("a" * (MAX_BYTES + 1), "spec is longer than 64 KiB."),
    ],
)
def test_unreadable_texts_are_refused_with_their_line(text: str, cause: str) -> None:
    assert refused(text).cause.startswith(cause)


def test_billion_laughs_are_refused_at_the_first_alias() -> None:
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20))
    cause = refused(f"a0: &a0 [x]\n{levels}").cause
    assert cause.startswith("spec, line 2, column 10: aliases (*name) are not supported")


@pytest.mark.parametrize("indent", ["\t", "  ", None])
def test_json_is_read_whatever_its_indentation(indent: str | None) -> None:
    content = {"a": {"b": [1, True, 'x\ty"\\']}, "c": "[d]"}
    text = json.dumps(content, indent=indent)
    assert read_document(text, "spec").content == content
    assert read_document(text.replace(": ", "\t:\t"), "spec").content == content


def test_places_in_json_with_tabs_are_those_of_the_text() -> None:
    document = read_document('{\n\t"a":\t1\n}', "spec")
    assert (document.places[("a",)].key, document.places[("a",)].value) == ((2, 2), (2, 7))


def test_tabs_outside_of_json_are_refused() -> None:
    assert "line 2, column 1" in refused("a:\n\tb: 1").cause
    assert "found character" in refused("{\n\ta: 1}").cause
