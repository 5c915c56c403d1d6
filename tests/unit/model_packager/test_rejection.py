import pickle

from model_packager.rejection import ModelRejected, Rejection, SpecRejected


def test_it_reads_as_cause_and_fix() -> None:
    assert str(ModelRejected("It is empty.", "Fill it.")) == "It is empty.\nFix: Fill it."


def test_it_survives_another_process() -> None:
    copy = pickle.loads(pickle.dumps(SpecRejected("cause", "fix")))  # noqa: S301  # our own
    assert isinstance(copy, Rejection)
    assert (copy.cause, copy.fix) == ("cause", "fix")
