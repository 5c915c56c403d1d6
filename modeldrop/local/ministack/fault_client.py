"""What a test orders faults of the emulated AWS with."""

from __future__ import annotations

import httpx

from modeldrop.local.ministack.injected_faults import FAULTS, PATH, EmulatorFault


class EmulatorFaultsClient:
    """The faults of one MiniStack."""

    def __init__(self, url: str) -> None:
        """Point it at MiniStack's base URL."""
        self._url = f"{url.rstrip('/')}{PATH}"

    def add(self, *faults: EmulatorFault) -> None:
        """Add faults behind those in force."""
        httpx.put(
            self._url, content=FAULTS.dump_json(list(faults)), trust_env=False
        ).raise_for_status()

    def clear(self, contains: str = "") -> list[EmulatorFault]:
        """Drop the faults that look for `contains` in an event or a request (all, by default).

        Returns:
            those that could still have hit something.
        """
        answer = httpx.delete(self._url, params={"contains": contains}, trust_env=False)
        return FAULTS.validate_json(answer.raise_for_status().content)
