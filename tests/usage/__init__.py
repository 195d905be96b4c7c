# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A local server that behaves like Zenlayer CDN, Tencent Cloud SSL and VDMS CPS, for tests without an account."""
