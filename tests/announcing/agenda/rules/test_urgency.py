"""Which announcement interrupts which."""

import pytest
from agendas import ALARM, HIGH, LOW, NORMAL

from voxd.announcing.agenda.rules.urgency import Interruption, interruption
from voxd.model.announcement import Priority

NONE, AFTER, AT_ONCE = Interruption.NONE, Interruption.AFTER_SENTENCE, Interruption.AT_ONCE
TABLE = {
    # what is spoken:  LOW, NORMAL, HIGH, ALARM
    LOW: (NONE, NONE, NONE, NONE),
    NORMAL: (NONE, NONE, NONE, NONE),
    HIGH: (AFTER, AFTER, NONE, NONE),
    ALARM: (AT_ONCE, AT_ONCE, AT_ONCE, NONE),
}


@pytest.mark.parametrize("waiting", Priority)
@pytest.mark.parametrize("spoken", Priority)
def test_an_alarm_interrupts_at_once_and_high_after_the_sentence(waiting: Priority, spoken: Priority) -> None:
    assert interruption(waiting, spoken) is TABLE[waiting][spoken]
