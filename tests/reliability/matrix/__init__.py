# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault on every call of every module: what is played, what goes wrong, what must come of it, whether it did.

Nothing in here is a recorded result. What must come of a fault follows from DESIGN rule 4 (rules.py), and whether it
did from the emulator's record and state (truth.py).
"""
