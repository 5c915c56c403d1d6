"""Tags of users for the SageMaker resources of a model, and SageMaker's rules for them."""

import unicodedata

from model_packager.aws_limits import TAG_KEY, TAG_VALUE, TAGS

MAX_TAGS = TAGS.value - 10
"""Modeldrop reserves ten."""

OURS = "modeldrop:"

_MARKS = frozenset("_.:/=+-@")


def check_tag(key: str, value: str) -> None:
    """Check a tag against SageMaker's rules (Tag API reference).

    Raises:
        ValueError: the tag breaks a rule.
    """
    if not 1 <= len(key) <= TAG_KEY.value:
        raise ValueError(f"should have keys of 1 to {TAG_KEY.value} characters, not {key!r}")
    if len(value) > TAG_VALUE.value:
        raise ValueError(f"should have at most {TAG_VALUE.value} characters for {key}")
    if not all(_is_valid(each) for each in key + value):
        raise ValueError(
            f"should have only letters, digits, spaces and {' '.join(sorted(_MARKS))} for {key!r}"
        )
    if key.lower().startswith("aws:"):
        raise ValueError(f"must not have {key!r}: AWS reserves keys that begin with aws:")
    if key.lower().startswith(OURS):
        raise ValueError(f"must not have {key!r}: Modeldrop reserves keys that begin with {OURS}")


def tags_in(text: str) -> dict[str, str]:
    """Parse tags such as "team=vision,cost-center=42". An empty text has no tags.

    Raises:
        ValueError: the syntax is wrong, or SageMaker would reject a tag.
    """
    tags = {}
    for entry in filter(None, text.split(",")):
        key, equals, value = entry.partition("=")
        if not equals:
            raise ValueError(f"should have the form key=value,key=value, not {entry!r}")
        check_tag(key, value)
        tags[key] = value
    return tags


def _is_valid(character: str) -> bool:
    # SageMaker's pattern: \p{L}, \p{Z}, \p{N} and the marks.
    return character in _MARKS or unicodedata.category(character)[0] in "LZN"
