# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bind a certificate to one domain after the other, on the base client of the vendor's SDK (which has none for CDN).

It looks every 10 seconds, as the tools of today do. Arguments: the domains' names.
"""

import os
import sys
import time
from typing import Any

from zenlayercloud.common.abstract_client import AbstractClient
from zenlayercloud.common.abstract_model import AbstractModel
from zenlayercloud.common.config import Config
from zenlayercloud.common.credential import Credential

PAUSE = 10


class Request(AbstractModel):
    def __init__(self, **fields: Any):
        super().__init__()
        self.__dict__.update(fields)


class CdnClient(AbstractClient):
    _service = "cdn"
    _api_version = "2022-11-20"

    def call(self, action: str, **fields: Any) -> Any:
        return self._api_call(action, Request(**fields))


client = CdnClient(
    Credential(os.environ["ZENLAYERCLOUD_ACCESS_KEY_ID"], os.environ["ZENLAYERCLOUD_ACCESS_KEY_PASSWORD"]),
    Config(domain=os.environ["BENCH_HOST"], certification=os.environ["BENCH_TRUST"], keep_alive=True),
)
new = client.call("DescribeCertificates", certificateLabel="new")["dataSet"][0]["certificateId"]
for name in sys.argv[1:]:
    domain = client.call("DescribeDomains", domainName=name)["dataSet"][0]["domainId"]
    bound = client.call("DescribeDomainCertificate", domainId=domain)["certificate"]
    if bound["certificateId"] == new:
        continue
    client.call("ModifyDomainCertificate", domainId=domain, certificateId=new)
    status = ""
    while status != "DEPLOYED":
        time.sleep(PAUSE)
        status = client.call("DescribeDomains", domainIds=[domain])["dataSet"][0]["configStatus"]
