"""Makes moto and botocore cache work that they would repeat for each request or test."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from botocore import useragent
from botocore.hooks import EVENT_ALIASES, EventAliaser
from moto import backend_index
from moto.core import models, responses, utils
from moto.core.base_backend import BaseBackend
from moto.sns.models import Subscription

if TYPE_CHECKING:
    from collections.abc import Iterator


SERVICES = {"cloudwatch", "events", "logs", "s3", "sagemaker", "sns", "stepfunctions"}
"""The services that get most requests."""


@pytest.fixture(scope="session", autouse=True)
def _moto_looks_up_services_once() -> Iterator[None]:
    """Cache lookups that took a seventh of the CPU time of tests with moto.

    moto tries the URLs of all services one after the other, composes those of the service, and
    lists the methods of a class for each request. For each test it registers hundreds of URLs with
    the library `requests`, which this project does not use.
    For each subscription, it generates a key of 2,048 bits to sign messages.
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
        ours_first = sorted(
            backend_index.backend_url_patterns, key=lambda pattern: pattern[0] not in SERVICES
        )
        patch.setattr(backend_index, "backend_url_patterns", ours_first)
        names = cache(utils.method_names_from_class)
        patch.setattr(responses, "method_names_from_class", names)
        patch.setattr(models, "RESPONSES_METHODS", [])
        key = cache(lambda: new_key(None))
        patch.setattr(Subscription, "private_key", lambda _subscription: key())
        yield


@pytest.fixture(scope="session", autouse=True)
def _botocore_translates_names_once() -> Iterator[None]:
    """Cache translations that took a thirtieth of the CPU time of tests with moto.

    Each client translates old names of events, and each request translates characters that the
    User-Agent header cannot have.
    """
    initialize: Any = EventAliaser.__init__
    new_names: dict[str, str] = {}

    def with_known_names(aliaser: Any, emitter: Any, aliases: Any = None) -> None:
        initialize(aliaser, emitter, aliases)
        if aliases is None or aliases == EVENT_ALIASES:
            aliaser._alias_name_cache = new_names

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EventAliaser, "__init__", with_known_names)
        sanitize = cache(useragent.sanitize_user_agent_string_component)
        patch.setattr(useragent, "sanitize_user_agent_string_component", sanitize)
        yield
