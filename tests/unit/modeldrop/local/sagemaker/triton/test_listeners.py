from __future__ import annotations

import os
import socket

import pytest

from modeldrop.local.sagemaker.triton.listeners import (
    listeners_in,
    listening_addresses,
)


@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_listening_sockets_are_found(family: socket.AddressFamily, address: str) -> None:
    with socket.socket(family) as listener:
        listener.bind((address, 0))
        port = listener.getsockname()[1]
        assert (address, port) not in listening_addresses(os.getpid())
        listener.listen()
        assert (address, port) in listening_addresses(os.getpid())


def test_an_address_beyond_this_machine_is_read_as_such() -> None:
    table = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid timeout\n"
        "   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 7101 1\n"
        "   1: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 7102 1\n"
        "   2: 0100007F:1F92 0100007F:0050 01 00000000:00000000 00:00000000 00000000 0 0 7103 1\n"
    )
    assert listeners_in(table, {"7101", "7103"}) == {("0.0.0.0", 8080)}  # noqa: S104
    assert listeners_in(table, {"7102"}) == {("127.0.0.1", 8081)}
