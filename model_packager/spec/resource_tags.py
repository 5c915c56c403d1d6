"""Tags of users for the SageMaker resources of a model, and SageMaker's rules for them."""

import unicodedata

MAX_TAGS = 40
"""SageMaker accepts 50 for a resource (AddTags API reference); Modeldrop reserves ten."""

OURS = "modeldrop:"

_KEY_LENGTH = 128
_VALUE_LENGTH = 256
_MARKS = frozenset("_.:/=+-@")


def check_tag(key: str, value: str) -> None:
    """Check a tag against SageMaker's rules (Tag API reference).

    Raises:
        ValueError: the tag breaks a rule.
    """
    if not 1 <= len(key) <= _KEY_LENGTH:
        raise ValueError(f"should have keys of 1 to {_KEY_LENGTH} characters, not {key!r}")
    if len(value) > _VALUE_LENGTH:
        raise ValueError(f"should have at most {_VALUE_LENGTH} characters for {key}")
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
