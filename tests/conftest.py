"""What holds for all tests."""

import signal


def pytest_configure() -> None:
    """Have Ctrl-C reach the commands under test: a shell starts what is behind `&` without it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their parameter: archives hold times, and workers have to name tests alike."""
    return argname if isinstance(val, bytes) else None
