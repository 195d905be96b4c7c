# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that all VDMS modules share."""

from __future__ import annotations

from ansible_collections.certops.cdn.plugins.plugin_utils._documentation import as_suboptions


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  client_id:
    description:
      - Id of the REST API client (OAuth 2.0). Needs O(client_secret).
      - If not set, the value of the environment variable E(VDMS_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - Secret of the REST API client.
      - If not set, the value of the environment variable E(VDMS_CLIENT_SECRET) is used.
    type: str
  scope:
    description:
      - Scope to ask an access token for. Several are separated by blanks.
      - If not set, the value of the environment variable E(VDMS_SCOPE) is used.
    type: str
    default: sec.cps.certificates
  access_token:
    description:
      - An access token, instead of O(client_id) and O(client_secret). It lives for some minutes and cannot be renewed.
      - If not set, the value of the environment variable E(VDMS_ACCESS_TOKEN) is used.
      - Credentials of one kind that are given as options win over those of the other kind in the environment.
    type: str
  api_url:
    description:
      - Base URL of the API, without a path.
      - If not set, the value of the environment variable E(VDMS_API_URL) is used.
    type: str
    default: https://api.vdms.io
  token_url:
    description:
      - URL of the service that gives out access tokens, with its path.
      - If not set, the value of the environment variable E(VDMS_TOKEN_URL) is used.
    type: str
    default: https://id.vdms.io/connect/token
"""

    DCV = r"""
options:
  dns_zones:
    description:
      - Your DNS zones. They only serve to tell V(zone) and V(relative_name) of the C(dcv_records), which many modules
        that manage DNS records ask for.
    type: list
    elements: str
"""

    REQUEST_FILTERS = r"""
options:
  certificate_ids:
    description:
      - Only requests with these ids. It is no error that some do not exist, but it is told.
      - Not together with O(certificate_label).
    type: list
    elements: int
    aliases:
      - certificate_id
  certificate_label:
    description:
      - Only requests with this label. V(*) stands for any characters.
      - Not together with O(certificate_ids).
    type: str
  domains:
    description:
      - Only requests that have one of these names.
      - V(*) stands for any characters, dots among them. So V(*.example.org) also fits C(a.b.example.org).
      - Names are compared as they stand in the request. V(www.example.org) does not fit a request for
        C(*.example.org).
    type: list
    elements: str
    aliases:
      - domain
  validation_types:
    description: Only requests of these types.
    type: list
    elements: str
    choices:
      - DV
      - OV
      - EV
    aliases:
      - validation_type
  statuses:
    description:
      - Only requests in one of these statuses. If not set, all but those that are V(Deleted).
      - Requests that O(certificate_ids) names are told in any status, if this is not set.
    type: list
    elements: str
    choices:
      - Processing
      - DomainControlValidation
      - OtherValidation
      - Deployment
      - Active
      - Deleted
    aliases:
      - status
  requires_attention:
    description:
      - If V(true), only requests for which somebody has to do something before they go on. If V(false), only the
        others.
    type: bool
  expires_within:
    description:
      - Only requests whose certificate has at most so many days left. Those that have expired are among them, those
        that are not issued yet are not.
    type: int
"""

    # Annotated, because ansible-test takes every plain assignment here for a text.
    PLUGIN: str = as_suboptions(
        "vdms",
        "Credentials for VDMS CPS, and which certificate requests to list.",
        "vdms_cert_request_info",
        DOCUMENTATION,
        REQUEST_FILTERS,
        DCV,
    )
