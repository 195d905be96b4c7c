# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running emulator as the tests see it: its address, its control API, and plain calls to its services."""

import time
from typing import Any

import requests
from tencentcloud.common.credential import Credential as TencentCredential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ssl.v20191205.ssl_client import SslClient

from emulator.process import Running


class Emulated(Running):
    """One emulator. Its control API is in the parent."""

    def __init__(self, url: str):
        super().__init__(url)
        self.host = url.partition("//")[2]
        self.port = int(self.host.partition(":")[2])
        self._session = requests.Session()
        self._session.trust_env = False

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
