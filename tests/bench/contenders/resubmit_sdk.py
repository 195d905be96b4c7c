# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resubmit one certificate after the other with the official SDK, and see that it has left "review failed" (2).

Arguments: the certificates' ids.
"""

import os
import sys

from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ssl.v20191205 import models
from tencentcloud.ssl.v20191205.ssl_client import SslClient

profile = HttpProfile(endpoint=os.environ["BENCH_HOST"], certification=os.environ["BENCH_TRUST"], keepAlive=True)
client = SslClient(
    Credential(os.environ["TENCENTCLOUD_SECRET_ID"], os.environ["TENCENTCLOUD_SECRET_KEY"]),
    "",
    ClientProfile(httpProfile=profile),
)
for identity in sys.argv[1:]:
    write = models.ModifyCertificateResubmitRequest()
    write.CertificateId = identity
    client.ModifyCertificateResubmit(write)
    read = models.DescribeCertificateRequest()
    read.CertificateId = identity
    if client.DescribeCertificate(read).Status == 2:
        sys.exit(f"{identity} is still rejected")
