import pytest

from workflow import errors
from workflow.errors import StepError


@pytest.mark.parametrize("kind", StepError.__subclasses__(), ids=lambda kind: kind.__name__)
def test_message_is_cause_and_fix(kind: type[StepError]) -> None:
    error = kind("It is so.", "Do this.")
    assert str(error) == "It is so.\nFix: Do this."
    assert (error.cause, error.fix) == ("It is so.", "Do this.")


def test_every_error_is_exported() -> None:
    assert {kind.__name__ for kind in StepError.__subclasses__()} < set(errors.__all__)
