"""moto does once what it otherwise repeats for each request or each test."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from moto.core import models, responses, utils
from moto.core.base_backend import BaseBackend
from moto.sns.models import Subscription

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", autouse=True)
def _moto_looks_up_services_once() -> Iterator[None]:
    """A seventh of the CPU time of tests that use moto was such work.

    moto composes the URLs of a service and lists the methods of a class for each request. For each
    test it registers hundreds of URLs with the library `requests`, which this project does not use.
    For each subscription it generates a key of 2,048 bits, to sign what it delivers.
    """
    compose: Any = vars(BaseBackend)["urls"].fget
    known: dict[type, Any] = {}
    new_key: Any = Subscription.private_key

    def urls(backend: BaseBackend) -> Any:
        if type(backend) not in known:
            known[type(backend)] = compose(backend)
        return known[type(backend)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseBackend, "urls", property(urls))
        names = cache(utils.method_names_from_class)
        patch.setattr(responses, "method_names_from_class", names)
        patch.setattr(models, "RESPONSES_METHODS", [])
        key = cache(lambda: new_key(None))
        patch.setattr(Subscription, "private_key", lambda _subscription: key())
        yield
