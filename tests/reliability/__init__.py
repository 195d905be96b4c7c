# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof that the collection keeps its promises while calls fail, processes die and answers are strange.

Each file is one proof. `make test` runs a sample of it, `make test-reliability` all of it; that also writes the
figures into docs/reliability.md.
"""
