"""Compares the responses of two variants to the same requests. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_client.checks.closeness import difference, is_float
from model_client.checks.golden import tolerance
from model_client.errors import InvalidResponse
from model_client.response import Response, parse_response

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from compare_answers.captures import Exchange
    from model_client.checks.closeness import Array
    from model_packager.spec.smoke_test_spec import SmokeTest

    class Exchanges(Protocol):
        """An iterable of exchanges that knows whether it left any out."""

        complete: bool

        def __iter__(self) -> Iterator[Exchange]: ...


MAX_REQUESTS = 2000
"""Enough requests to know the share that agrees to one or two percent."""

MAX_RESPONSE_BYTES = 128 * 1024 * 1024
"""The new version's responses stay in memory until the live version's are read."""

_EXAMPLES = 3


@dataclass(frozen=True)
class Agreement:
    """How many responses agree; see `ShadowComparison`."""

    compared: int
    agreeing: int
    differences: tuple[str, ...]
    complete: bool


def compare(originals: Exchanges, copies: Exchanges, smoke_test: SmokeTest) -> Agreement:
    """Compare each copy's response with the response to a request of the same content.

    Args:
        originals: the exchanges of the live version.
        copies: the exchanges of the new version, which got copies of some of these requests.
        smoke_test: the tolerances, as for the golden sample.
    """
    waiting, complete = _by_request(copies)
    compared = agreeing = 0
    differences: list[str] = []
    for original in originals:
        if not waiting:
            break
        same = waiting.get(original.request)
        if same is None:
            continue
        copy = same.pop()
        if not same:
            del waiting[original.request]
        expected = _parsed(original)
        if expected is None:
            continue
        compared += 1
        differs = _difference(expected, copy, smoke_test)
        if differs is None:
            agreeing += 1
        elif len(differences) < _EXAMPLES:
            differences.append(differs)
    return Agreement(compared, agreeing, tuple(differences), complete and originals.complete)


def _by_request(copies: Exchanges) -> tuple[dict[bytes, list[Exchange]], bool]:
    """Return the copies by the digest of their request, and whether none was left out."""
    found: defaultdict[bytes, list[Exchange]] = defaultdict(list)
    count = size = 0
    for each in copies:
        count, size = count + 1, size + len(each.response)
        if count > MAX_REQUESTS or size > MAX_RESPONSE_BYTES:
            return dict(found), False
        found[each.request].append(each)
    return dict(found), copies.complete


def _parsed(exchange: Exchange) -> Response | None:
    try:
        result = parse_response(exchange.response, exchange.content_type)
    except InvalidResponse:
        return None
    return Response(result, 0, 0, len(exchange.response))


def _difference(expected: Response, copy: Exchange, smoke_test: SmokeTest) -> str | None:
    actual = _parsed(copy)
    if actual is None:
        return "The new version's response is not in Triton's format."
    try:
        for output in expected.outputs():
            name = output["name"]
            differs = _array_difference(
                name, actual.output(name), expected.output(name), smoke_test
            )
            if differs is not None:
                return f"{name}: {differs}"
    except InvalidResponse as error:
        return error.cause
    return None


def _array_difference(
    name: str, actual: Array, expected: Array, smoke_test: SmokeTest
) -> str | None:
    if actual.shape != expected.shape:
        return f"the shape is {list(actual.shape)} instead of {list(expected.shape)}"
    if actual.dtype != expected.dtype:
        return f"the dtype is {actual.dtype} instead of {expected.dtype}"
    rtol, atol = tolerance(smoke_test, name, exact=not is_float(expected))
    differs = difference(actual, expected, rtol=rtol, atol=atol)
    if differs is None:
        return None
    return (
        f"{differs.count:,} of {differs.size:,} values differ, for example "
        f"{differs.actual} instead of {differs.expected} at {differs.index}"
    )
