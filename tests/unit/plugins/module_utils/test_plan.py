# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from ansible_collections.certops.cdn.plugins.module_utils._plan import Await, Change, Keep, Refuse


def test_verdicts_are_compared_by_what_they_say() -> None:
    bind = Change("bound", "would_bind")
    assert Await(predicted=bind, unwaited=Keep()) == Await(Change("bound", "would_bind"), Keep())
    assert Refuse("expired") != Refuse("revoked")
    assert Keep() == Keep(note="")


def test_verdicts_cannot_be_changed_on_their_way() -> None:
    with pytest.raises(FrozenInstanceError):
        Change("bound", "would_bind").outcome = "other"  # type: ignore[misc]
