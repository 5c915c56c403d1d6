import re

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_packager.spec.resource_tags import MAX_TAGS, check_tag, tags_in

SERVICE = botocore.session.Session().get_service_model("sagemaker")


def test_tags_are_read() -> None:
    assert tags_in("") == {}
    assert tags_in("team=vision,cost-center=42,note=a=b,empty=") == {
        "team": "vision",
        "cost-center": "42",
        "note": "a=b",
        "empty": "",
    }


@pytest.mark.parametrize("text", ["team", "team=vision,cost", "=vision"])
def test_what_is_no_tag_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="should"):
        tags_in(text)


@pytest.mark.parametrize("key", ["Équipe 1", "部門", "a:b/c=d+e-f@g.h_i", "k" * 128])
def test_sagemakers_characters_are_accepted(key: str) -> None:
    check_tag(key, "v" * 256)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("", "a", "1 to 128"),
        ("k" * 129, "a", "1 to 128"),
        ("team", "v" * 257, "at most 256"),
        ("team!", "a", "letters, digits"),
        ("team", "a\nb", "letters, digits"),
        ("AWS:team", "a", "AWS reserves"),
        ("aws:team", "a", "AWS reserves"),
        ("modeldrop:version", "a", "Modeldrop reserves"),
        ("Modeldrop:version", "a", "Modeldrop reserves"),
    ],
)
def test_what_sagemaker_refuses_is_refused(key: str, value: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_tag(key, value)


@given(st.text(max_size=3))
def test_ascii_is_validated_like_sagemakers_pattern(value: str) -> None:
    pattern = SERVICE.shape_for("TagValue").metadata["pattern"]
    for name, characters in {"L": "a-zA-Z", "Z": " ", "N": "0-9"}.items():
        pattern = pattern.replace(f"\\p{{{name}}}", characters)
    if value.isascii():
        taken = True
        try:
            check_tag("team", value)
        except ValueError:
            taken = False
        assert taken is bool(re.fullmatch(pattern, value))


def test_limits_are_sagemakers() -> None:
    for shape, length in {"TagKey": 128, "TagValue": 256}.items():
        assert SERVICE.shape_for(shape).metadata["max"] == length
    assert SERVICE.shape_for("TagList").metadata["max"] == MAX_TAGS + 10
