#!/bin/sh
# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Resubmit one certificate after the other with tccli, and see that it has left "review failed" (2).
# Arguments: the certificates' ids.

set -e
for id in "$@"; do
    tccli ssl ModifyCertificateResubmit --endpoint "$BENCH_HOST" --CertificateId "$id" > /dev/null
    status=$(tccli ssl DescribeCertificate --endpoint "$BENCH_HOST" --CertificateId "$id" --filter Status)
    [ "$status" != 2 ]
done
