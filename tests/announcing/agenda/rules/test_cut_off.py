"""What is spoken again that a restart cut off."""

import pytest
from agendas import ALARM, HIGH, LOW, NORMAL

from voxd.announcing.agenda.rules.cut_off import first_sentence, why_not_again
from voxd.model.announcement import Priority
from voxd.settings import CutOffSettings

OWN = CutOffSettings(low="never", normal="always", alarm="half")


@pytest.mark.parametrize(
    ("settings", "priority", "heard", "again"),
    [
        (CutOffSettings(), NORMAL, 0.0, True),
        (CutOffSettings(), NORMAL, 0.49, True),
        (CutOffSettings(), NORMAL, 0.5, False),
        (CutOffSettings(), HIGH, 0.9, False),
        (CutOffSettings(), LOW, 0.1, True),
        (CutOffSettings(), ALARM, 0.99, True),
        (OWN, LOW, 0.0, True),
        (OWN, LOW, 0.01, False),
        (OWN, NORMAL, 0.99, True),
        (OWN, ALARM, 0.6, False),
        (OWN, ALARM, 0.4, True),
    ],
)
def test_what_was_cut_off_is_spoken_again_as_the_owner_chose(
    settings: CutOffSettings, priority: Priority, heard: float, again: bool
) -> None:
    assert (why_not_again(settings, priority, heard) == "") is again


def test_the_reason_tells_how_much_was_heard() -> None:
    assert why_not_again(CutOffSettings(), NORMAL, 0.7) == "voxd ended when 70% of it had been heard"


@pytest.mark.parametrize(("priority", "expected"), [(LOW, 3), (NORMAL, 3), (HIGH, 3), (ALARM, 0)])
def test_it_goes_on_with_the_sentence_that_was_cut_but_an_alarm_begins_again(priority: Priority, expected: int) -> None:
    assert first_sentence(priority, 3) == expected
