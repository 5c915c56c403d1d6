"""Client that injects faults into emulated AWS."""

from __future__ import annotations

import httpx

from modeldrop.local.ministack.injected_faults import FAULTS, PATH, EmulatorFault


class EmulatorFaultsClient:
    """Injects faults into one MiniStack."""

    def __init__(self, url: str) -> None:
        """Take the base URL of MiniStack."""
        self._url = f"{url.rstrip('/')}{PATH}"

    def add(self, *faults: EmulatorFault) -> None:
        """Append faults to the active ones."""
        httpx.put(
            self._url, content=FAULTS.dump_json(list(faults)), trust_env=False
        ).raise_for_status()

    def clear(self, contains: str = "") -> list[EmulatorFault]:
        """Remove the faults whose filter contains this text (by default, all).

        Returns:
            The removed faults.
        """
        response = httpx.delete(self._url, params={"contains": contains}, trust_env=False)
        return FAULTS.validate_json(response.raise_for_status().content)
