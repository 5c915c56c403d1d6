"""The running servers of an endpoint config, and their requests in flight."""

from __future__ import annotations

import random
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from modeldrop.local.sagemaker.hosting.fleet_plan import FleetPlan, VariantPlan
from modeldrop.local.sagemaker.triton.container_log import ContainerLog
from modeldrop.local.sagemaker.triton.server import TritonServer


@dataclass(frozen=True)
class RunningVariant:
    """A variant with its running server."""

    plan: VariantPlan
    server: TritonServer
    folder: Path
    log: ContainerLog


class Fleet:
    """The running variants of an endpoint config, and their requests in flight.

    A fleet that is scaled to zero has a plan, but no variants.

    Attributes:
        plan: the endpoint config.
        variants: the variants, including shadow variants, each with its current server.
        stopping: is set as soon as the fleet starts to stop.
    """

    def __init__(self, plan: FleetPlan, variants: Sequence[RunningVariant]) -> None:
        self.plan = plan
        self.variants = tuple(variants)
        self.stopping = threading.Event()
        self._replaced: list[TritonServer] = []
        self._in_flight = 0
        self._idle = threading.Condition()

    def choose(self, name: str | None) -> RunningVariant | None:
        """Choose a production variant by name, or at random by weight.

        Returns:
            The variant; None for an unknown name.
        """
        production = [each for each in self.variants if not each.plan.is_shadow]
        if name is not None:
            return next((v for v in production if v.plan.name == name), None)
        weights = [variant.plan.weight for variant in production]
        if not any(weights):
            return production[0]
        return random.choices(production, weights)[0]  # noqa: S311 - traffic, not secrets

    @property
    def shadow(self) -> RunningVariant | None:
        """The shadow variant, if there is one."""
        return next((each for each in self.variants if each.plan.is_shadow), None)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep the servers running during a request.

        Hold the registry's lock when you enter this.
        """
        with self._idle:
            self._in_flight += 1
        try:
            yield
        finally:
            with self._idle:
                self._in_flight -= 1
                self._release()
                self._idle.notify_all()

    def replace(self, old: RunningVariant, new: RunningVariant) -> bool:
        """Use another server for a variant. Return False if the fleet is stopping."""
        with self._idle:
            if self.stopping.is_set():
                return False
            self.variants = tuple(new if each is old else each for each in self.variants)
            self._replaced.append(old.server)
            self._release()
            return True

    def _release(self) -> None:
        """Release the addresses of replaced servers once no request uses them."""
        if self._in_flight == 0:
            for server in self._replaced:
                server.stop()
            self._replaced.clear()

    def stop(self, *, drain: bool) -> None:
        """Stop the servers, with `drain` after the last request, and remove their files."""
        if drain:
            with self._idle:
                longest = self.plan.longest_request_seconds
                self._idle.wait_for(lambda: self._in_flight == 0, timeout=longest)
        with self._idle:
            self.stopping.set()
            replaced, self._replaced = self._replaced, []
        for server in (*replaced, *(variant.server for variant in self.variants)):
            server.stop()
        for variant in self.variants:
            shutil.rmtree(variant.folder, ignore_errors=True)
