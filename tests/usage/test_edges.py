# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifying edges on a bare host, and learning what they serve in a play."""

from typing import Any

from edges.examples import Examples
from edges.servers import edges
from usage.conftest import Shell


def test_nothing_but_python_is_needed(shell: Shell, examples: Examples) -> None:
    hidden = shell.folder / "hidden"
    hidden.mkdir()
    for library in ("requests", "certifi", "cryptography", "idna"):
        (hidden / f"{library}.py").write_text("raise ImportError('not here')\n", encoding="utf-8")
    (edge, *_others) = examples.edges
    arguments = f"host=127.0.0.1 server_name=www.example.com port={edge.port} validate_certs=false"
    arguments += f" fingerprint={examples.current.sha256}"

    done = shell.ad_hoc("edge_cert_verify", arguments, PYTHONPATH=str(hidden))

    assert done.code == 0, done.output
    (row,) = done.result()["edges"]
    assert row["agreed"]
    # untrusted by the system, and read all the same
    assert row["sans"] == ["www.example.com", "example.com"]
    assert edge.received == b""


def test_a_rescue_block_learns_that_an_edge_serves_something_else(shell: Shell, examples: Examples) -> None:
    with edges(examples.current) as (edge,):
        task: dict[str, Any] = {
            "certops.cdn.edge_cert_verify": {
                "host": "127.0.0.1", "server_name": "www.example.com", "port": edge.port,
                "fingerprint": "0" * 64, "wait_timeout": 1,
            }
        }  # fmt: skip
        rescue = {"ansible.builtin.debug": {"msg": "code {{ ansible_failed_result.error.code }}"}}

        done = shell.play([{"block": [task], "rescue": [rescue]}])

    assert done.code == 0, done.output
    assert '"msg": "code NotExpected"' in done.output
