"""Tags that people give to the SageMaker resources of a model: what SageMaker takes of them."""

import unicodedata

MAX_TAGS = 40
"""SageMaker takes 50 a resource (AddTags API reference); ten are kept for Modeldrop's own."""

OURS = "modeldrop:"

_KEY_LENGTH = 128
_VALUE_LENGTH = 256
_MARKS = frozenset("_.:/=+-@")


def check_tag(key: str, value: str) -> None:
    """Hold a tag against SageMaker's rules (Tag API reference).

    Raises:
        ValueError: says what it should be.
    """
    if not 1 <= len(key) <= _KEY_LENGTH:
        raise ValueError(f"should have keys of 1 to {_KEY_LENGTH} characters, and has {key!r}")
    if len(value) > _VALUE_LENGTH:
        raise ValueError(f"should have at most {_VALUE_LENGTH} characters for {key}")
    if not all(_is_taken(each) for each in key + value):
        raise ValueError(
            f"should have letters, digits, spaces and {' '.join(sorted(_MARKS))} alone for {key!r}"
        )
    if key.lower().startswith("aws:"):
        raise ValueError(f"must not hold {key!r}: AWS keeps the keys that begin with aws:")
    if key.lower().startswith(OURS):
        raise ValueError(f"must not hold {key!r}: Modeldrop keeps the keys that begin with {OURS}")


def tags_in(text: str) -> dict[str, str]:
    """Read tags written as "team=vision,cost-center=42"; of an empty text, none.

    Raises:
        ValueError: they are not written so, or SageMaker would not take them.
    """
    tags = {}
    for entry in filter(None, text.split(",")):
        key, equals, value = entry.partition("=")
        if not equals:
            raise ValueError(f"should be written as key=value,key=value, and has {entry!r}")
        check_tag(key, value)
        tags[key] = value
    return tags


def _is_taken(character: str) -> bool:
    # SageMaker's pattern: \p{L}, \p{Z}, \p{N} and the marks.
    return character in _MARKS or unicodedata.category(character)[0] in "LZN"
