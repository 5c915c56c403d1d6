"""The valid names of models."""

import re

MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def is_model_name(name: str) -> bool:
    """Return whether a folder's name is a valid model name."""
    return MODEL_NAME.fullmatch(name) is not None
