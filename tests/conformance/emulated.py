# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running emulator as the tests see it: its address, its control API, and plain calls to its services."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
from tencentcloud.common.credential import Credential as TencentCredential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ssl.v20191205.ssl_client import SslClient

TESTS = Path(__file__).resolve().parents[1]
START_SECONDS = 20


class Emulated:
    """One emulator."""

    def __init__(self, port: int, scheme: str = "http"):
        self.port = port
        self.host = f"127.0.0.1:{port}"
        self.url = f"{scheme}://{self.host}"
        self._session = requests.Session()
        self._session.trust_env = False

    # The control API

    def control(self, method: str, path: str, **options: Any) -> Any:
        """Any control call; the answer must be a success."""
        answer = self.raw_control(method, path, **options)
        assert answer.ok, answer.text
        return answer.json()

    def raw_control(self, method: str, path: str, **options: Any) -> requests.Response:
        """Any control call, on a connection of its own."""
        return requests.request(method, f"{self.url}/_emulator/{path}", timeout=10, **options)

    def settings(self, **values: Any) -> None:
        """settings(zenlayer={...}) changes these."""
        self.control("PATCH", "settings", json=values)

    def fault(self, kind: str, **order: Any) -> None:
        """Order one fault."""
        self.control("POST", "faults", json={"kind": kind, **order})

    def calls(self, **filters: Any) -> list[dict[str, Any]]:
        """The record."""
        rows: list[dict[str, Any]] = self.control("GET", "calls", params=filters)
        return rows

    def state(self, service: str) -> dict[str, Any]:
        """The state of one service."""
        state: dict[str, Any] = self.control("GET", "state")[service]
        return state

    # The services

    def zenlayer(self, action: str, body: dict[str, Any] | None = None, **options: Any) -> requests.Response:
        """A call with the demo's bearer token."""
        headers = {"Authorization": "Bearer demo-api-token", "x-zc-action": action, "x-zc-version": "2022-11-20"}
        headers.update(options.pop("headers", {}))
        options.setdefault("timeout", 10)
        return self._session.post(f"{self.url}/api/v2/cdn", json=body or {}, headers=headers, **options)

    def domain(self, identity: str) -> dict[str, Any]:
        """One row of DescribeDomains."""
        answer = self.zenlayer("DescribeDomains", {"domainIds": [identity]}).json()
        row: dict[str, Any] = answer["response"]["dataSet"][0]
        return row

    def bound(self, identity: str) -> str:
        """The certificate id that DescribeDomainCertificate shows."""
        answer = self.zenlayer("DescribeDomainCertificate", {"domainId": identity}).json()
        shown: str = answer["response"]["certificate"]["certificateId"]
        return shown

    def vdms(self, method: str, path: str, token: str | None = None, **options: Any) -> requests.Response:
        """A call with the demo's access token; the path begins after /v2.0."""
        options.setdefault("timeout", 10)
        headers = {"Authorization": f"Bearer {token or 'demo-access-token'}"}
        return self._session.request(method, f"{self.url}/sec/cps/v2.0{path}", headers=headers, **options)

    def tencent(
        self, identity: str = "demo-secret-id", key: str = "demo-secret-key", token: str | None = None
    ) -> SslClient:
        """The vendor's client."""
        profile = ClientProfile(httpProfile=HttpProfile(endpoint=self.host, protocol="http", reqTimeout=10))
        return SslClient(TencentCredential(identity, key, token), "", profile)

    def tencent_call(self, action: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """What is inside Response, errors included."""
        try:
            response: dict[str, Any] = self.tencent().call_json(action, body or {})["Response"]
        except TencentCloudSDKException as error:
            return {"Error": error.get_code()}
        return response


def until(condition: Any, seconds: float = 5.0) -> None:
    """Wait for something that comes by itself."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@contextlib.contextmanager
def running(folder: Path, *arguments: str, scheme: str = "http") -> Iterator[Emulated]:
    """Start an emulator, end it."""
    port_file = folder / "port"
    command = [sys.executable, "-m", "emulator", "--port", "0", "--port-file", str(port_file), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            assert ready.startswith("emulator ready on "), ready
            emulated = Emulated(int(port_file.read_text(encoding="utf-8")), scheme)
            assert ready.strip() == f"emulator ready on {emulated.url}"
            yield emulated
        finally:
            process.terminate()
            assert process.wait(START_SECONDS) == 0
