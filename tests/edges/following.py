# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An edge that follows an emulator's account: it serves for each domain what the last finished rollout has bound.

`python -m edges.following FOLDER EMULATOR` runs one on loopback until the process is ended. The folder gets `root.pem`
(the CA to trust), `old`, `new` and `newer` with `.pem` and `.key`, and, last of all, `edge.json` with the port. The
names in the folder's file `stuck`, one a line, keep what they have served last.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from emulator.process import Running

from .certificates import Identity, make, make_ca
from .servers import Edge, edges

NAMES = ("*.example.com", "example.com")


class Following:
    """One server for all domains.

    :ivar edge: the server
    :ivar stuck: domains that keep what they have served last, or the identity for which it was called
    """

    def __init__(self, edge: Edge, emulator: Running, identities: Iterable[Identity]) -> None:
        self.edge = edge
        self.stuck: set[str] = set()
        self._emulator = emulator
        self._known = {identity.sha256: identity for identity in identities}
        self._serves: dict[str, Identity] = {}
        self._lock = threading.Lock()
        self._stranger = make("default.example.net")
        edge.before = self._look

    def _look(self) -> None:
        account = self._emulator.state("zenlayer")
        digests = {one["id"]: one["sha256"].lower() for one in account["certificates"].values()}
        served = {
            one["name"]: self._known.get(digests.get(one["served_certificate"], ""))
            for one in account["domains"].values()
        }
        with self._lock:
            now = {
                name: self._serves.get(name) if name in self.stuck else identity for name, identity in served.items()
            }
            now = {name: identity for name, identity in now.items() if identity is not None}
            if now != self._serves:
                self._serves = now
                self.edge.serve(self._stranger, **{name.replace(".", "_"): identity for name, identity in now.items()})


@contextlib.contextmanager
def following(url: str, *identities: Identity) -> Iterator[Following]:
    """An edge that follows the account of the emulator at this URL; it has the keys of these certificates alone."""
    with edges(make("default.example.net")) as (edge,):
        yield Following(edge, Running(url), identities)


def main(folder: Path, url: str) -> None:
    root = make_ca()
    pairs = {
        name: make(*NAMES, issuer=root, ends=days) for name, days in (("old", 30.5), ("new", 397.5), ("newer", 400.5))
    }
    for name, pair in pairs.items():
        (folder / f"{name}.pem").write_text(pair.pem + root.pem, encoding="utf-8")
        (folder / f"{name}.key").write_text(pair.key_pem, encoding="utf-8")
    (folder / "root.pem").write_text(root.pem, encoding="utf-8")
    stuck = folder / "stuck"
    with following(url, *pairs.values()) as edge:
        look = edge.edge.before

        def before() -> None:
            edge.stuck = set(stuck.read_text(encoding="utf-8").split()) if stuck.exists() else set()
            look()

        edge.edge.before = before
        (folder / "edge.partial").write_text(json.dumps({"port": edge.edge.port}), encoding="utf-8")
        (folder / "edge.partial").rename(folder / "edge.json")
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main(Path(sys.argv[1]), sys.argv[2])
