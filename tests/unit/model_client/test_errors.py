"""The exception tree in the docstring is the one in the code."""

import re

from model_client import errors
from model_packager.rejection import Rejection


def test_docstring_shows_the_tree() -> None:
    names = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    classes = [each for each in vars(errors).values() if isinstance(each, type)]
    assert names == [each.__name__ for each in classes if each is not Rejection]
    assert errors.ModelClientError.__bases__ == (Rejection,)
    for leaf in (errors.InvalidTensor, errors.InvalidExpectation, errors.InvalidResponse):
        assert leaf.__bases__ == (errors.ModelClientError,)
