"""The errors that tell a person why a drop cannot be deployed."""

from model_packager.error_message import joined


class Rejection(Exception):
    """A upload that cannot be deployed, through something that its owner can fix.

    Attributes:
        cause: what is wrong.
        fix: how to fix it.
    """

    def __init__(self, cause: str, fix: str) -> None:
        super().__init__(cause, fix)
        self.cause = cause
        self.fix = fix

    def __str__(self) -> str:
        return joined(self.cause, self.fix)


class ModelRejected(Rejection):
    """The model file cannot be deployed."""


class SpecRejected(Rejection):
    """deploy.yaml is invalid, contradicts the model, or lacks a required key."""
