from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, cast

import pytest

from modeldrop.local.sagemaker.api.tag_operations import add_tags, list_tags
from modeldrop.local.sagemaker.errors import ApiError
from modeldrop.local.sagemaker.hosting.registry import Registry


class Contended(Registry):
    """A registry in which another thread deletes a model as soon as its tags were read."""

    def __init__(self) -> None:
        super().__init__("000000000000", "us-east-1")
        self.deletion = threading.Thread(target=self.remove, args=("model", "m"))

    def tags(self, arn: str) -> dict[str, str]:
        found = super().tags(arn)
        if self.deletion.ident is None:
            self.deletion.start()
            self.deletion.join(0.2)  # it waits if the lock is held
        return found


@dataclass
class Account:
    registry: Registry


def test_a_deleted_resource_gets_no_tags() -> None:
    registry = Contended()
    arn = registry.add("model", "m", {}, []).arn
    tags = [{"Key": "team", "Value": "vision"}]
    add_tags(cast(Any, Account(registry)), {"ResourceArn": arn, "Tags": tags})
    registry.deletion.join(30)
    with pytest.raises(ApiError, match="Could not find model"):
        registry.tags(arn)


class Watched(dict[str, str]):
    """Tags that note for each reading whether another thread could take the registry's lock."""

    def __init__(self, registry: Registry, content: dict[str, str]) -> None:
        super().__init__(content)
        self._lock = registry.lock
        self.free: list[bool] = []

    def items(self) -> Any:
        thread = threading.Thread(target=self._try)
        thread.start()
        thread.join(30)
        return super().items()

    def _try(self) -> None:
        self.free.append(self._lock.acquire(blocking=False))


def test_tags_do_not_change_while_they_are_listed() -> None:
    registry = Registry("000000000000", "us-east-1")
    arn = registry.add("model", "m", {}, []).arn
    watched = registry._tags[arn] = Watched(registry, {"team": "vision"})
    listed = list_tags(cast(Any, Account(registry)), {"ResourceArn": arn})
    assert listed == {"Tags": [{"Key": "team", "Value": "vision"}]}
    assert watched.free == [False]
