"""What holds for all tests."""


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their parameter: archives hold times, and workers have to name tests alike."""
    return argname if isinstance(val, bytes) else None
