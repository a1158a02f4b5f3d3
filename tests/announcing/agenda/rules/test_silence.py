"""How long is waited for an output."""

import pytest

from voxd.announcing.agenda.entry import Silence
from voxd.announcing.agenda.rules.silence import again_after_s, silence

BEFORE = Silence(10.0, 2, "The device is gone")


@pytest.mark.parametrize(("tries", "expected"), [(1, 1.0), (2, 2.0), (3, 5.0), (4, 10.0), (5, 10.0), (99, 10.0)])
def test_it_is_tried_again_soon_and_then_less_often(tries: int, expected: float) -> None:
    assert again_after_s(tries) == expected


@pytest.mark.parametrize(
    ("before", "progress", "expected"),
    [
        (None, False, Silence(20.0, 1, "lost")),
        (BEFORE, False, Silence(10.0, 3, "lost")),
        (BEFORE, True, Silence(20.0, 1, "lost")),
    ],
)
def test_silence_lasts_since_it_was_last_heard(before: Silence | None, progress: bool, expected: Silence) -> None:
    assert silence(before, "lost", 20.0, progress=progress) == expected
