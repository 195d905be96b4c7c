# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifying edges on a bare host, and as the proof at the end of a rotation."""

from typing import Any

from edges.certificates import make, make_ca
from edges.examples import Examples
from edges.servers import edges
from emulator.process import Running
from usage.conftest import ROOT, Shell


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


def test_the_playbook_takes_a_pair_of_files_from_nothing_to_proven_at_the_edge(shell: Shell, emulator: Running) -> None:
    root = make_ca()
    old, new = (make("*.example.com", "example.com", issuer=root, ends=days) for days in (5.5, 397.5))
    (shell.folder / "fullchain.pem").write_text(new.pem + root.pem, encoding="utf-8")
    (shell.folder / "privkey.pem").write_text(new.key_pem, encoding="utf-8")
    (shell.folder / "root.pem").write_text(root.pem, encoding="utf-8")

    def is_bound() -> bool:
        account = emulator.state("zenlayer")
        ids = [one["id"] for one in account["certificates"].values() if one["sha256"].lower() == new.sha256]
        domains = account["domains"].values()
        return bool(ids) and all(one["certificate"] == ids[0] for one in domains)

    with edges(old) as (edge,):
        # The edges follow the account, as they do at a CDN.
        edge.before = lambda: edge.serve(new) if is_bound() else None
        command = ["ansible-playbook", str(ROOT / "playbooks" / "certificate_to_edge.yml")]
        options = {"certificate_file": "fullchain.pem", "private_key_file": "privkey.pem", "edge_ca_path": "root.pem"}
        files = [f"-e{name}={shell.folder / file}" for name, file in options.items()]
        command += [*files, "-eedge_host=127.0.0.1", f"-eedge_port={edge.port}"]

        check = shell.run(*command, "--check")
        assert check.code == 0, check.output
        assert emulator.writes() == []

        first = shell.run(*command)
        assert first.code == 0, first.output
        assert "changed=2 " in first.output
        writes = len(emulator.writes())
        assert writes == 1 + 6  # the upload, and each of the demo scenario's domains

        second = shell.run(*command)
        assert "changed=0 " in second.output, second.output
        assert len(emulator.writes()) == writes
        assert new.key_pem.splitlines()[1] not in first.output + second.output
