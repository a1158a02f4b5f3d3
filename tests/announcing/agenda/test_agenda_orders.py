"""What orders mean: acknowledge, stop, skip, clear, pause."""

import pytest
from agendas import ALARM, BEDROOM, EVERYWHERE, HIGH, KITCHEN, agenda, at, begun, broken_off, ended, said, waiting

from voxd.announcing.agenda.agenda import Agenda
from voxd.announcing.agenda.effects import BrokenOff, End, Finished, Unheard
from voxd.announcing.selection import Selection
from voxd.model.identifiers import AnnouncementId

ALL = Selection()
ONE, TWO = AnnouncementId("1"), AnnouncementId("2")


def busy_house() -> Agenda:
    """1 is being spoken in the kitchen, where 2 and the alarm 3 wait; the alarm 4 is being spoken in the bedroom."""
    house = agenda()
    house.put(said("3", ALARM, repeat_s=10.0), (KITCHEN,), at(0))
    house.put(said("4", ALARM), (BEDROOM,), at(0))
    house.due(at(0))
    house.performed(AnnouncementId("3"), Finished(), at(0))
    house.put(said("1"), (KITCHEN,), at(1))
    house.put(said("2"), (KITCHEN,), at(1))
    house.due(at(1))
    return house


def test_an_alarm_acknowledged_between_its_repeats_is_finished() -> None:
    house = busy_house()
    ids, effects = house.acknowledge(Selection(zones=(KITCHEN,)), at(2))
    assert ids == ("3",)
    (end,) = effects
    assert isinstance(end, End)
    assert (end.state, end.reason) == ("finished", "Acknowledged")


def test_an_alarm_acknowledged_while_it_sounds_falls_silent_at_once() -> None:
    house = busy_house()
    ids, effects = house.acknowledge(Selection(zones=(BEDROOM,)), at(2))
    assert (ids, broken_off(effects)) == (("4",), [("4", True)])
    assert house.alarms == ("3",)
    assert ended(house.performed(AnnouncementId("4"), BrokenOff(), at(2), heard=0.2)) == [("4", "finished")]


def test_an_alarm_acknowledged_before_its_first_sound_is_cancelled() -> None:
    house = busy_house()
    house.acknowledge(ALL, at(2))
    assert ended(house.performed(AnnouncementId("4"), BrokenOff(), at(2))) == [("4", "cancelled")]


def test_acknowledging_what_one_hears_leaves_the_alarm_that_nobody_can_know_of_yet() -> None:
    house = busy_house()
    house.put(said("5", ALARM), (BEDROOM,), at(2))
    ids, _ = house.acknowledge(ALL, at(2))
    assert ids == ("4", "3")
    house.performed(AnnouncementId("4"), BrokenOff(), at(2), heard=0.2)
    assert begun(house.due(at(2))) == ["5"]
    ids, effects = house.acknowledge(Selection(id=AnnouncementId("5")), at(2))
    assert (ids, broken_off(effects)) == (("5",), [("5", True)])


def test_an_alarm_that_no_output_can_make_heard_is_acknowledged_all_the_same() -> None:
    house = agenda()
    house.put(said("1", ALARM), (KITCHEN,), at(0))
    house.due(at(0))
    house.performed(ONE, Unheard("The device is gone"), at(0))
    assert ended(house.acknowledge(ALL, at(1))[1]) == [("1", "cancelled")]


def test_acknowledging_is_about_alarms() -> None:
    assert busy_house().acknowledge(Selection(id=ONE), at(2)) == ((), ())


def test_stop_ends_everything_but_alarms_which_only_fall_silent() -> None:
    house = busy_house()
    ids, effects = house.stop(ALL, at(2))
    assert ids == ("4", "1", "2")
    assert broken_off(effects) == [("4", True), ("1", True)]
    assert ended(effects) == [("2", "cancelled")]
    assert ended(house.performed(ONE, BrokenOff(), at(2))) == [("1", "interrupted")]
    told = house.performed(AnnouncementId("4"), BrokenOff(), at(2), heard=0.3)
    assert waiting(told) == [("4", "Repeated in 30 s until it is acknowledged")]
    assert set(house.alarms) == {"3", "4"}


@pytest.mark.parametrize(("id_", "state"), [("1", "interrupted"), ("2", "cancelled"), ("3", "cancelled")])
def test_stop_by_its_id_ends_anything(id_: str, state: str) -> None:
    house = busy_house()
    ids, effects = house.stop(Selection(id=AnnouncementId(id_)), at(2))
    if state == "interrupted":
        effects = house.performed(AnnouncementId(id_), BrokenOff(), at(2))
    assert ids == (id_,)
    assert ended(effects) == [(id_, state)]


def test_an_alarm_stopped_by_its_id_is_not_repeated() -> None:
    house = busy_house()
    house.stop(Selection(id=AnnouncementId("4")), at(2))
    assert ended(house.performed(AnnouncementId("4"), BrokenOff(), at(2), heard=0.3)) == [("4", "interrupted")]


def test_what_is_heard_to_its_end_in_spite_of_a_stop_is_finished() -> None:
    house = busy_house()
    house.stop(ALL, at(2))
    assert ended(house.performed(ONE, Finished(), at(2))) == [("1", "finished")]


def test_after_a_skip_the_next_one_follows() -> None:
    house = busy_house()
    ids, effects = house.skip(Selection(zones=(KITCHEN,)), at(2))
    assert (ids, broken_off(effects)) == (("1",), [("1", True)])
    assert ended(house.performed(ONE, BrokenOff(), at(2))) == [("1", "interrupted")]
    assert begun(house.due(at(2))) == ["2"]


def test_clear_drops_what_waits_but_alarms_by_their_id_only() -> None:
    house = busy_house()
    ids, effects = house.clear(ALL, at(2))
    assert (ids, ended(effects)) == (("2",), [("2", "cancelled")])
    assert ended(house.clear(Selection(id=AnnouncementId("3")), at(2))[1]) == [("3", "cancelled")]
    assert house.clear(Selection(id=ONE), at(2)) == ((), ())


def test_a_pause_holds_everything_but_alarms_until_it_is_resumed() -> None:
    house = busy_house()
    ids, effects = house.pause((KITCHEN,), at(2))
    assert (ids, broken_off(effects)) == (("1", "2"), [("1", True)])
    assert house.paused == (KITCHEN,)
    assert waiting(house.performed(ONE, BrokenOff(), at(2), sentences_heard=1)) == [("1", "Paused")]
    assert begun(house.due(at(2))) == []
    assert begun(house.due(at(10))) == ["3"]
    house.performed(AnnouncementId("3"), Finished(), at(12))
    ids, effects = house.resume((), at(12))
    assert (ids, effects) == (("1", "2"), ())
    assert begun(house.due(at(12))) == ["1"]


def test_what_is_for_a_paused_zone_and_another_is_held_in_both_and_keeps_neither() -> None:
    house = agenda()
    house.pause((KITCHEN,), at(0))
    house.put(said("1", HIGH), EVERYWHERE, at(0))
    house.put(said("2"), (BEDROOM,), at(0))
    assert begun(house.due(at(0))) == ["2"]


def test_a_pause_does_not_stop_the_time_to_live() -> None:
    house = agenda()
    house.pause((), at(0))
    house.put(said("1", ttl_s=5.0), (KITCHEN,), at(0))
    assert ended(house.due(at(5))) == [("1", "expired")]


def test_what_is_over_by_itself_is_no_longer_what_an_order_is_about() -> None:
    house = agenda()
    house.pause((), at(0))
    house.put(said("1", ttl_s=5.0), (KITCHEN,), at(0))
    ids, effects = house.clear(ALL, at(6))
    assert (ids, ended(effects)) == ((), [("1", "expired")])
