# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS servers on loopback that stand for the edges of a CDN, with certificates that are made for the test."""
