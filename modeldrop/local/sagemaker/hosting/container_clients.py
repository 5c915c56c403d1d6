"""The HTTP clients of containers, each of which has a Unix socket."""

from __future__ import annotations

import httpx

from modeldrop.local.sagemaker.triton.server import BASE_URL, WITHOUT_TLS, TritonServer


class ContainerClients:
    """One client for each running server. Use them in a single event loop."""

    def __init__(self) -> None:
        self._clients: dict[TritonServer, httpx.AsyncClient] = {}

    async def client(self, server: TritonServer) -> httpx.AsyncClient:
        """Return the client of a running server, and close the clients of stopped servers."""
        client = self._clients.get(server)
        if client is None:
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
            transport = httpx.AsyncHTTPTransport(
                uds=server.address, limits=limits, verify=WITHOUT_TLS
            )
            client = httpx.AsyncClient(base_url=BASE_URL, transport=transport)
            self._clients[server] = client
            stopped = [each for each in self._clients if each.is_stopped]
            await self._close(stopped)
        return client

    async def close(self) -> None:
        """Close all clients."""
        await self._close(list(self._clients))

    async def _close(self, servers: list[TritonServer]) -> None:
        for client in [self._clients.pop(server) for server in servers]:
            await client.aclose()
