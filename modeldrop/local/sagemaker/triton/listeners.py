"""Finds the addresses that a process listens on (proc(5), net/tcp and net/tcp6)."""

from __future__ import annotations

import ipaddress
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path

_LISTEN = "0A"

Listener = tuple[str, int]


def listening_addresses(pid: int) -> set[Listener]:
    """Return the address and port of each TCP socket that a process listens on."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                inodes.add(target[len("socket:[") : -1])
    listeners: set[Listener] = set()
    for name in ("tcp", "tcp6"):
        table = Path(f"/proc/{pid}/net/{name}")
        if table.exists():  # without IPv6, there is no tcp6
            listeners |= listeners_in(table.read_text(), inodes)
    return listeners


def listeners_in(table: str, inodes: AbstractSet[str]) -> set[Listener]:
    """Parse the listening sockets with one of these inodes from a kernel table."""
    listeners = set()
    for line in table.splitlines()[1:]:
        fields = line.split()
        if fields[3] == _LISTEN and fields[9] in inodes:
            address, _, port = fields[1].partition(":")
            listeners.add((_readable(address), int(port, 16)))
    return listeners


def _readable(address: str) -> str:
    """Convert an address from the kernel's notation: hex words of 32 bits in native byte order."""
    words = [bytes.fromhex(address[i : i + 8])[::-1] for i in range(0, len(address), 8)]
    return str(ipaddress.ip_address(b"".join(words)))
