"""What is said to the person whose drop cannot be deployed."""


class Rejection(Exception):
    """A drop that cannot be deployed, through something that its owner can mend.

    Attributes:
        cause: what is wrong, in plain words.
        fix: what to do about it.
    """

    def __init__(self, cause: str, fix: str) -> None:
        super().__init__(cause, fix)
        self.cause = cause
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.cause}\nFix: {self.fix}"


class ModelRejected(Rejection):
    """The model file cannot be served."""


class SpecRejected(Rejection):
    """deploy.yaml says something that cannot be done, or lacks something that is needed."""
