# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m edges FOLDER`: one edge of every kind, until the process is ended.

The folder gets `root.pem` (the CA to trust), `new.pem` (the expected certificate) and, last of all, `edges.json`: the
port of all servers, the address of each kind, and the fingerprints of the old and the new certificate.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

from cryptography.hazmat.primitives import hashes

from .certificates import make, make_ca
from .servers import Edge, edges, plain_http, silent

NAME = "www.example.com"
RENEWED_AFTER = 4
"""The handshakes after which an edge of the kind "renewing" has the new certificate."""


def main(folder: Path) -> None:
    root = make_ca()
    issuer = make_ca("Example Issuing CA", root)
    old, new = make(NAME, issuer=issuer, begins=-80, ends=10.5), make(NAME, "example.com", issuer=issuer)
    kinds = {
        "new": new,
        "old": old,
        "renewing": old,
        "expired": make(NAME, issuer=issuer, ends=-2.5),
        "self_signed": make(NAME),
        "other_name": make("www.example.org", issuer=issuer),
        "no_chain": make(NAME, issuer=issuer, chained=False),
        "by_name": make("default.example.net", issuer=issuer),
        "silent": silent,
        "plain_http": plain_http,
    }
    with edges(*kinds.values()) as servers:
        by_kind: dict[str, Edge] = dict(zip(kinds, servers))
        by_kind["by_name"].serve(kinds["by_name"], www_example_com=new)

        def renew() -> None:
            if len(by_kind["renewing"].names) >= RENEWED_AFTER:
                by_kind["renewing"].serve(new)

        by_kind["renewing"].before = renew
        (folder / "root.pem").write_text(root.pem, encoding="utf-8")
        (folder / "new.pem").write_text(new.pem + issuer.pem, encoding="utf-8")
        told = {
            "port": servers[0].port,
            "addresses": {kind: server.address for kind, server in by_kind.items()},
            "old": old.sha256,
            "new": new.sha256,
            "new_sha1": new.certificate.fingerprint(hashes.SHA1()).hex(":"),  # noqa: S303 - a fingerprint
            "new_md5": new.certificate.fingerprint(hashes.MD5()).hex().upper(),  # noqa: S303 - as above
        }
        (folder / "edges.partial").write_text(json.dumps(told), encoding="utf-8")
        (folder / "edges.partial").rename(folder / "edges.json")
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main(Path(sys.argv[1]))
