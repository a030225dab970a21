"""Ports that stay ours between being chosen and being used.

A server's port is chosen before it starts, because others are told it, and tests kill servers and
start them again at the same port. Meanwhile another test process must not be given it.
"""

from __future__ import annotations

import socket

from copilot.supervisor import ports

_claims: list[socket.socket] = []


def any_port() -> int:
    """Free, and for this process alone as long as it lives."""
    while True:
        port = ports.any_free()
        # The same number for datagrams, which nobody here uses, is the claim: the kernel gives it
        # back however this process ends.
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            claim.bind((ports.LOOPBACK, port))
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return port
