# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edges that the examples of edge_cert_verify speak of."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .certificates import Identity, make, make_ca
from .servers import Edge, edges

REDIRECTION = Path(__file__).resolve().parent / "redirection"


@dataclass(frozen=True)
class Examples:
    """Two edges and the origin of www.example.com serve one certificate; that of old.example.com has expired.

    :ivar environment: variables with which a Python program finds these servers under the examples' names
    """

    current: Identity
    edges: list[Edge]
    environment: dict[str, str]


@contextlib.contextmanager
def example_edges() -> Iterator[Examples]:
    root = make_ca()
    current = make("www.example.com", "example.com", issuer=root)
    old = make("old.example.com", issuer=root, ends=-3)
    hosts = {
        "www.example.com": ["127.0.0.2", "127.0.0.1"],
        "www.example.com.cdn-target.example.net": ["127.0.0.1", "127.0.0.2"],
        "192.0.2.10": ["127.0.0.3"],
        "old.example.com": ["127.0.0.4"],
    }
    with edges(current, current, current, old) as servers, tempfile.TemporaryDirectory() as folder:
        trust = Path(folder) / "root.pem"
        trust.write_text(root.pem, encoding="utf-8")
        environment = {
            "EDGES": json.dumps({"hosts": hosts, "port": servers[0].port}),
            "EDGES_TRUST": str(trust),
            "PYTHONPATH": str(REDIRECTION),
        }
        yield Examples(current, servers, environment)
