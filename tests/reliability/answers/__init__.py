# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strange answers: real ones are recorded, made strange, and given to the modules in place of a provider."""
