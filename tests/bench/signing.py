# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing a request, by the collection and by the vendors' SDKs: the same signature, and how long each takes."""

from __future__ import annotations

import datetime as dt
import json
import timeit
from collections.abc import Callable
from dataclasses import dataclass

from tencentcloud.common.credential import Credential as TencentCredential
from tencentcloud.common.http.request import RequestInternal
from tencentcloud.ssl.v20191205.ssl_client import SslClient
from zenlayercloud.common.abstract_client import AbstractClient
from zenlayercloud.common.credential import Credential as ZenlayerCredential
from zenlayercloud.common.request import BaseRequest

from ansible_collections.certops.cdn.plugins.module_utils._signing import tc3_authorization, zc2_authorization
from bench.runs import Times

MOMENT = 1_764_500_000
SECRET = "bench-secret"
NUMBER = 20000


@dataclass(frozen=True)
class Signed:
    """Seconds for one signature."""

    what: str
    ours: Times
    theirs: Times

    @property
    def ratio(self) -> float:
        """How many times as fast ours is."""
        return self.theirs.median / self.ours.median


def zc2() -> tuple[Callable[[], str], Callable[[], str]]:
    """A Zenlayer request, signed by the collection and by the SDK."""
    body = json.dumps({"domainId": "dom-1", "certificateId": "cert-2"})
    client = AbstractClient(ZenlayerCredential("bench-id", SECRET))
    request = BaseRequest(method="POST", uri="/api/v2/cdn", header={"x-zc-timestamp": str(MOMENT)}, data=body)
    request.set_host("console.zenlayer.com")
    request.set_content_type("application/json")
    data = body.encode()

    def ours() -> str:
        return zc2_authorization(
            key_id="bench-id", secret=SECRET, host="console.zenlayer.com", content_type="application/json",
            timestamp=MOMENT, body=data,
        )  # fmt: skip

    return ours, lambda: client._build_zc2_authorization(request)


def tc3() -> tuple[Callable[[], str], Callable[[], str]]:
    """A Tencent Cloud request, signed by the collection and by the SDK, with the headers that the SDK signs."""
    body = json.dumps({"CertificateId": "cert-1"})
    client = SslClient(TencentCredential("bench-id", SECRET), "")
    headers = {"Content-Type": "application/json", "Host": "ssl.tencentcloudapi.com", "X-TC-Timestamp": str(MOMENT)}
    request = RequestInternal(headers["Host"], "POST", "/", header=headers, data=body)
    signed = {name: headers[name] for name in ("Content-Type", "Host")}
    data = body.encode()

    def ours() -> str:
        return tc3_authorization(
            secret_id="bench-id", secret_key=SECRET, service="ssl", headers=signed, timestamp=MOMENT, payload=data
        )

    def theirs() -> str:
        date = dt.datetime.fromtimestamp(MOMENT, dt.UTC).strftime("%Y-%m-%d")
        signature = client._get_tc3_signature({}, request, date, "ssl", SECRET)
        return (
            f"TC3-HMAC-SHA256 Credential=bench-id/{date}/ssl/tc3_request, SignedHeaders=content-type;host, "
            f"Signature={signature}"
        )

    return ours, theirs


def per_signature(*works: Callable[[], str], runs: int) -> list[Times]:
    """Seconds of each work, which take turns, so that whatever else the machine does hits all of them."""
    repeated = [[timeit.timeit(work, number=NUMBER) / NUMBER for work in works] for _run in range(runs + 1)][1:]
    return [Times(seconds) for seconds in zip(*repeated, strict=True)]


def signed(runs: int) -> list[Signed]:
    """
    :raises RuntimeError: the signatures differ
    """
    results = []
    for what, (ours, theirs) in {"ZC2-HMAC-SHA256 (Zenlayer)": zc2(), "TC3-HMAC-SHA256 (Tencent Cloud)": tc3()}.items():
        if ours() != theirs():
            raise RuntimeError(f"{what}: {ours()} is not {theirs()}")
        results.append(Signed(what, *per_signature(ours, theirs, runs=runs)))
    return results
