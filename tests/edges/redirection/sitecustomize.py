# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""With this folder in PYTHONPATH, names and addresses of examples lead to servers on loopback, and these are trusted.

EDGES says where to: a mapping of hosts to lists of addresses, and the port of all of them. EDGES_TRUST is a CA file.
"""

import contextlib
import json
import os
import socket

EDGES = json.loads(os.environ.get("EDGES", '{"hosts": {}}'))
original = socket.getaddrinfo


def getaddrinfo(host, port, *others, **options):
    if host not in EDGES["hosts"]:
        return original(host, port, *others, **options)
    return [found for ip in EDGES["hosts"][host] for found in original(ip, EDGES["port"], *others, **options)]


socket.getaddrinfo = getaddrinfo
with contextlib.suppress(ImportError):
    import certifi

    certifi.where = lambda: os.environ["EDGES_TRUST"]
