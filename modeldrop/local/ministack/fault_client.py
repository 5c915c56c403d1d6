"""A client that injects faults into emulated AWS."""

from __future__ import annotations

import httpx

from modeldrop.local.access.credentials import Credentials
from modeldrop.local.access.owner_auth import OwnerAuth
from modeldrop.local.ministack.injected_faults import FAULTS, PATH, EmulatorFault


class EmulatorFaultsClient:
    """Injects faults into one MiniStack."""

    def __init__(self, url: str, owner: Credentials) -> None:
        self._http = httpx.Client(auth=OwnerAuth(owner), trust_env=False)
        self._url = f"{url.rstrip('/')}{PATH}"

    def add(self, *faults: EmulatorFault) -> None:
        """Append faults to the active ones."""
        self._http.put(self._url, content=FAULTS.dump_json(list(faults))).raise_for_status()

    def clear(self, contains: str = "") -> list[EmulatorFault]:
        """Remove the faults whose filter contains this text (by default, all faults).

        Returns:
            The removed faults.
        """
        response = self._http.delete(self._url, params={"contains": contains})
        return FAULTS.validate_json(response.raise_for_status().content)
