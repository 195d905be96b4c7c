# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the emulator: `python -m emulator --port 8800`."""

import argparse
import asyncio
import os
import signal
import ssl
import sys
from pathlib import Path

from . import scenario
from .app import Emulator
from .settings import SettingError


def main() -> int:
    """Parse the arguments and serve until a signal comes."""
    parser = argparse.ArgumentParser(prog="emulator", description="Zenlayer CDN, Tencent Cloud SSL, VDMS CPS: local.")
    parser.add_argument("--port", type=int, default=8800, help="0 picks a free one (default: %(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--scenario", type=Path, default=scenario.FOLDER / "demo.yml", help="YAML file")
    parser.add_argument("--port-file", type=Path, help="the port is written to this file when ready")
    parser.add_argument("--tls-cert", type=Path, help="PEM chain; then HTTPS is served")
    parser.add_argument("--tls-key", type=Path, help="PEM key for --tls-cert")
    options = parser.parse_args()
    if (options.tls_cert is None) != (options.tls_key is None):
        parser.error("--tls-cert and --tls-key belong together")
    try:
        emulator = Emulator(scenario.load_file(options.scenario))
    except (scenario.ScenarioError, SettingError) as error:
        print(f"emulator: {error}", file=sys.stderr)
        return 2
    tls = None
    if options.tls_cert is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.tls_cert, options.tls_key)
    return asyncio.run(serve(emulator, options.host, options.port, tls, options.port_file))


async def serve(emulator: Emulator, host: str, port: int, tls: ssl.SSLContext | None, port_file: Path | None) -> int:
    """Until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        port = await emulator.start(host, port, tls)
    except OSError as error:
        print(f"emulator: cannot listen on {host}:{port}: {error}", file=sys.stderr)
        return 1
    if port_file is not None:
        write_atomically(port_file, f"{port}\n")
    print(f"emulator ready on {'https' if tls else 'http'}://{host}:{port}", flush=True)
    await stopped.wait()
    await emulator.stop()
    return 0


def write_atomically(path: Path, text: str) -> None:
    """Nobody sees half of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


if __name__ == "__main__":
    sys.exit(main())
