"""The agenda: whose turn it is, who makes way, who waits for what."""

import time

import pytest
from agendas import (
    ALARM,
    BEDROOM,
    EVERYWHERE,
    HIGH,
    KITCHEN,
    LOW,
    NORMAL,
    agenda,
    at,
    begun,
    broken_off,
    ended,
    said,
    waiting,
)

from voxd.announcing.agenda.agenda import Agenda
from voxd.announcing.agenda.effects import Begin, BrokenOff, End, Failed, Finished, Unheard
from voxd.announcing.selection import Selection
from voxd.errors import BusyError
from voxd.model.announcement import Announcement, Priority
from voxd.model.identifiers import AnnouncementId, ZoneId
from voxd.settings import AnnouncementSettings, ZoneSettings

ONE, TWO, THREE = (AnnouncementId(number) for number in "123")


def put(house: Agenda, *announcements: Announcement, zones: tuple[ZoneId, ...] = (KITCHEN,), now: float = 0.0) -> None:
    """Take them over, without effects on others."""
    for announcement in announcements:
        assert house.put(announcement, zones, at(now)) == ()


def heard_in_order(house: Agenda, now: float = 0.0) -> list[str]:
    """What is begun if each is heard to its end."""
    order = []
    while ids := begun(house.due(at(now))):
        order += ids
        for id_ in ids:
            house.performed(AnnouncementId(id_), Finished(), at(now))
    return order


# Turns.


def test_the_more_urgent_goes_first_and_equals_in_the_order_of_arrival() -> None:
    house = agenda()
    put(house, said("1", LOW), said("2"), said("3", ALARM), said("4"), said("5", HIGH))
    assert heard_in_order(house) == ["3", "5", "2", "4", "1"]


def test_each_zone_has_its_own_turns() -> None:
    house = agenda()
    put(house, said("1"), said("2"))
    put(house, said("3"), zones=(BEDROOM,))
    assert begun(house.due(at(0))) == ["1", "3"]


def test_what_is_for_the_whole_house_is_not_put_off_by_every_room_in_turn() -> None:
    house = agenda()
    put(house, said("1"))
    assert begun(house.due(at(0))) == ["1"]
    put(house, said("2"), zones=EVERYWHERE)
    put(house, said("3"), zones=(BEDROOM,))
    assert begun(house.due(at(0))) == []
    house.performed(ONE, Finished(), at(5))
    assert begun(house.due(at(5))) == ["2"]


def test_nothing_is_due_twice_and_nothing_by_itself_where_nothing_waits() -> None:
    house = agenda()
    assert house.next_due(at(0)) == 0.0
    assert house.due(at(0)) == ()
    assert house.next_due(at(0)) is None
    put(house, said("1"))
    assert house.next_due(at(0)) == 0.0
    assert begun(house.due(at(0))) == ["1"]
    assert house.due(at(0)) == ()
    assert house.next_due(at(0)) is None


# Interruptions.


def test_an_alarm_interrupts_at_once_and_what_it_cut_goes_on_with_that_sentence() -> None:
    house = agenda()
    put(house, said("1"), said("2"))
    house.due(at(0))
    put(house, said("3", ALARM), now=1.0)
    assert broken_off(house.due(at(1))) == [("1", True)]
    told = house.performed(ONE, BrokenOff(), at(1.2), sentences_heard=2, heard=0.4)
    assert waiting(told) == [("1", "Interrupted by the alarm 3")]
    assert begun(house.due(at(1.2))) == ["3"]
    house.performed(THREE, Finished(), at(4))
    (begin,) = house.due(at(4))
    assert isinstance(begin, Begin)
    assert (begin.entry.id, begin.entry.sentences_heard, begin.entry.heard) == ("1", 2, 0.4)


def test_high_waits_for_the_end_of_the_sentence_and_an_alarm_then_does_not() -> None:
    house = agenda()
    put(house, said("1"))
    house.due(at(0))
    put(house, said("2", HIGH), now=1.0)
    assert broken_off(house.due(at(1))) == [("1", False)]
    put(house, said("3", ALARM), now=1.5)
    assert broken_off(house.due(at(1.5))) == [("1", True)]
    house.performed(ONE, BrokenOff(), at(1.6))
    assert heard_in_order(house, now=1.6) == ["3", "2", "1"]


def test_alarms_do_not_interrupt_alarms() -> None:
    house = agenda()
    put(house, said("1", ALARM))
    house.due(at(0))
    put(house, said("2", ALARM))
    assert house.due(at(0)) == ()


def test_the_zone_of_what_was_interrupted_is_kept_for_who_interrupted() -> None:
    house = agenda()
    put(house, said("1"), zones=EVERYWHERE)
    house.due(at(0))
    put(house, said("2", HIGH))
    put(house, said("3"), zones=(KITCHEN,))
    house.due(at(0))
    house.performed(ONE, BrokenOff(), at(2))
    assert begun(house.due(at(2))) == ["2"]


def test_who_could_not_begin_anyway_disturbs_nobody() -> None:
    house = agenda()
    put(house, said("1", ALARM))
    put(house, said("2"), zones=(BEDROOM,))
    house.due(at(0))
    put(house, said("3", ALARM), zones=EVERYWHERE)
    assert house.due(at(0)) == ()


def test_what_was_interrupted_is_not_resumed_after_its_time_to_live() -> None:
    house = agenda()
    put(house, said("1", ttl_s=5.0))
    house.due(at(0))
    put(house, said("2", ALARM), now=1.0)
    house.due(at(1))
    assert ended(house.performed(ONE, BrokenOff(), at(6))) == [("1", "expired")]


# Time to live.


def test_expiry_is_told_when_it_happens() -> None:
    house = agenda()
    put(house, said("1"), said("2", ttl_s=5.0))
    house.due(at(0))
    assert house.next_due(at(0)) == 5.0
    assert house.due(at(4.9)) == ()
    assert ended(house.due(at(5))) == [("2", "expired")]


def test_what_is_being_spoken_does_not_expire() -> None:
    house = agenda()
    put(house, said("1", ttl_s=5.0))
    house.due(at(0))
    assert house.due(at(60)) == ()


def test_the_time_before_a_restart_counts() -> None:
    house = agenda()
    assert ended(house.put(said("1", ttl_s=5.0), (KITCHEN,), at(0), age_s=6.0)) == [("1", "expired")]
    assert house.put(said("2", ttl_s=5.0), (KITCHEN,), at(0), age_s=3.0) == ()
    house.pause((), at(0))
    assert ended(house.due(at(2))) == [("2", "expired")]


# Repeats.


def test_an_alarm_is_repeated_until_its_last_time() -> None:
    house = agenda()
    put(house, said("1", ALARM, repeat_s=10.0))
    for turn in range(2):
        assert begun(house.due(at(turn * 10))) == ["1"]
        told = house.performed(ONE, Finished(), at(turn * 10))
        assert waiting(told) == [("1", "Repeated in 10 s until it is acknowledged")]
        house.due(at(turn * 10))
        assert house.next_due(at(turn * 10)) == 10.0
    assert begun(house.due(at(20))) == ["1"]
    (end,) = house.performed(ONE, Finished(), at(20))
    assert isinstance(end, End)
    assert (end.state, end.reason) == ("finished", "Nobody acknowledged it")
    assert house.alarms == ()


def test_between_its_repeats_others_are_heard() -> None:
    house = agenda()
    put(house, said("1", ALARM), said("2"))
    assert heard_in_order(house) == ["1", "2"]
    assert house.alarms == ("1",)


def test_alarms_take_turns_and_one_never_heard_goes_first() -> None:
    house = agenda()
    put(house, said("1", ALARM, repeat_s=1.0), said("2", ALARM, repeat_s=1.0))
    assert heard_in_order(house) == ["1", "2"]
    put(house, said("3", ALARM, repeat_s=1.0), now=2.0)
    assert heard_in_order(house, now=2.0) == ["3", "1", "2"]


def test_an_alarm_that_failed_is_tried_again() -> None:
    house = agenda()
    put(house, said("1", ALARM))
    house.due(at(0))
    told = house.performed(ONE, Failed("The engine is gone"), at(1))
    assert waiting(told) == [("1", "The engine is gone. Repeated in 30 s until it is acknowledged")]
    assert begun(house.due(at(31))) == ["1"]


def test_an_alarm_goes_on_where_a_restart_found_it() -> None:
    house = agenda()
    assert house.put(said("1", ALARM), (KITCHEN,), at(0), age_s=100.0, repeats=2) == ()
    house.due(at(0))
    assert ended(house.performed(ONE, Finished(), at(3))) == [("1", "finished")]


# What no output can make heard.


def test_what_nobody_could_hear_is_tried_again_ever_less_often_until_patience_ends() -> None:
    house = agenda(wait_for_output_s=20.0)
    put(house, said("1"))
    tries = []
    now = 0.0
    while begun(effects := house.due(at(now))):
        tries.append(now)
        house.performed(ONE, Unheard("The device is gone"), at(now))
        house.due(at(now))
        now += house.next_due(at(now)) or 0.0
    assert tries == [0.0, 1.0, 3.0, 8.0, 18.0]
    (end,) = effects
    assert isinstance(end, End)
    assert (now, end.state, end.reason) == (20.0, "failed", "The device is gone")


def test_with_a_time_to_live_it_waits_for_the_output_as_long_as_that() -> None:
    house = agenda(wait_for_output_s=20.0)
    put(house, said("1", ttl_s=100.0))
    house.due(at(0))
    house.performed(ONE, Unheard("The device is gone"), at(0))
    assert ended(house.due(at(99))) == []
    house.performed(ONE, Unheard("The device is gone"), at(99))
    assert ended(house.due(at(100))) == [("1", "expired")]


def test_it_is_tried_at_once_when_an_output_is_back() -> None:
    house = agenda()
    put(house, said("1"))
    put(house, said("2", ALARM), zones=(BEDROOM,))
    house.due(at(0))
    house.performed(ONE, Unheard("The device is gone"), at(0))
    house.performed(TWO, Finished(), at(0))
    house.due(at(0))
    house.wake(at(0.5), (BEDROOM,))
    assert begun(house.due(at(0.5))) == []
    house.wake(at(0.5), (KITCHEN,))
    assert begun(house.due(at(0.5))) == ["1"]


# Room.


def test_in_a_full_agenda_the_oldest_of_the_lowest_priority_gives_way() -> None:
    house = agenda(queue_max=3)
    put(house, said("1"), said("2", LOW), said("3", LOW))
    house.reserve(NORMAL)
    house.release()
    (end,) = house.put(said("4"), (KITCHEN,), at(0))
    assert isinstance(end, End)
    assert end.announcement.id == "2"
    assert (end.state, end.reason) == ("cancelled", "It gave way to a newer one: 3 announcements were waiting")


def test_one_below_everything_that_waits_is_refused() -> None:
    house = agenda(queue_max=2)
    put(house, said("1"), said("2", HIGH))
    with pytest.raises(BusyError):
        house.reserve(LOW)


def test_alarms_never_give_way_and_find_a_place() -> None:
    house = agenda(queue_max=2)
    put(house, said("1", ALARM), said("2", ALARM))
    with pytest.raises(BusyError):
        house.reserve(HIGH)
    house.reserve(ALARM)
    house.release()
    put(house, said("3", ALARM))
    assert len(house) == 3


def test_reserved_places_count() -> None:
    house = agenda(queue_max=2)
    house.reserve(NORMAL)
    house.reserve(NORMAL)
    with pytest.raises(BusyError):
        house.reserve(NORMAL)
    house.release()
    house.reserve(NORMAL)


@pytest.mark.parametrize("is_paused", [False, True])
def test_a_flood_takes_no_longer_for_each_the_more_there_are(is_paused: bool) -> None:
    house = Agenda(AnnouncementSettings(queue_max=1000), {KITCHEN: ZoneSettings(), BEDROOM: ZoneSettings()})
    if is_paused:
        house.pause((), at(0))
    began = time.process_time()
    for number in range(3000):
        house.reserve(NORMAL)
        house.release()
        house.put(said(str(number), ttl_s=60.0), (KITCHEN,), at(number / 1000))
        house.due(at(number / 1000))
        house.next_due(at(number / 1000))
    assert len(house) == 1000
    assert time.process_time() - began < 6.0


# Zones that stand in for others.


def test_an_alarm_interrupts_what_is_heard_in_its_zone_in_the_stead_of_another() -> None:
    house = agenda()
    put(house, said("1"))
    house.due(at(0))
    assert house.stand_in(ONE, BEDROOM, at(0)) == ("", ())
    put(house, said("2", ALARM), zones=(BEDROOM,))
    assert broken_off(house.due(at(1))) == [("1", True)]
    house.performed(ONE, BrokenOff(), at(1))
    assert begun(house.due(at(1))) == ["2", "1"]
    house.stand_in(ONE, BEDROOM, at(1))
    put(house, said("3", ALARM), zones=(BEDROOM,))
    assert house.due(at(2)) == ()
    house.performed(TWO, Finished(), at(3))
    assert broken_off(house.due(at(3))) == [("1", True)]


def test_an_alarm_makes_its_way_in_a_zone_that_stands_in() -> None:
    house = agenda()
    put(house, said("1"), zones=(BEDROOM,))
    put(house, said("2", ALARM))
    assert begun(house.due(at(0))) == ["2", "1"]
    why, effects = house.stand_in(TWO, BEDROOM, at(0))
    assert (why, broken_off(effects)) == ("", [("1", True)])


def test_no_zone_stands_in_where_it_is_quiet_or_paused_but_for_alarms() -> None:
    house = agenda()
    put(house, said("1"))
    house.due(at(0))
    house.do_not_disturb((BEDROOM,), HIGH, at(0))
    assert house.stand_in(ONE, BEDROOM, at(0)) == ("do not disturb", ())
    house.do_not_disturb((BEDROOM,), None, at(0))
    house.pause((BEDROOM,), at(0))
    assert house.stand_in(ONE, BEDROOM, at(0)) == ("paused", ())
    house.performed(ONE, Finished(), at(1))
    put(house, said("2", ALARM), now=1.0)
    house.due(at(1))
    assert house.stand_in(TWO, BEDROOM, at(1)) == ("", ())


def test_who_silences_a_zone_silences_what_is_heard_there_in_the_stead_of_another() -> None:
    house = agenda()
    put(house, said("1"))
    house.due(at(0))
    house.stand_in(ONE, BEDROOM, at(0))
    ids, effects = house.stop(Selection(zones=(BEDROOM,)), at(1))
    assert (ids, broken_off(effects)) == ((ONE,), [("1", True)])


# The same again, and newer ones about the same.


def test_the_same_is_not_said_twice_within_some_seconds() -> None:
    house = agenda(coalesce_s=10.0)
    put(house, said("1", text="dinner"))
    assert heard_in_order(house) == ["1"]
    (end,) = house.put(said("2", text="dinner"), (KITCHEN,), at(9))
    assert isinstance(end, End)
    assert (end.state, end.reason) == ("coalesced", "The same is announced as 1")
    put(house, said("3", text="dinner"), now=10.5)


def test_the_same_as_one_that_waits_joins_it_and_keeps_it_alive() -> None:
    house = agenda()
    put(house, said("1", HIGH), said("2", text="dinner", ttl_s=5.0))
    house.due(at(0))
    assert ended(house.put(said("3", text="dinner", ttl_s=60.0), (KITCHEN,), at(1))) == [("3", "coalesced")]
    assert house.due(at(6)) == ()
    assert ended(house.due(at(61))) == [("2", "expired")]


def test_the_same_more_urgently_outdoes_the_one_that_waits() -> None:
    house = agenda()
    put(house, said("1"), said("2", text="dinner"))
    house.due(at(0))
    assert ended(house.put(said("3", HIGH, text="dinner"), (KITCHEN,), at(0))) == [("2", "coalesced")]


def test_what_was_stopped_may_be_said_again_at_once() -> None:
    house = agenda()
    put(house, said("1", text="dinner"))
    house.due(at(0))
    house.stop(Selection(), at(1))
    house.performed(ONE, BrokenOff(), at(1))
    put(house, said("2", text="dinner"), now=1.5)


def test_an_alarm_joins_the_same_alarm_between_its_repeats_but_not_its_last_one() -> None:
    house = agenda()
    put(house, said("1", ALARM, text="fire", repeat_max=1))
    assert heard_in_order(house) == ["1"]
    assert ended(house.put(said("2", ALARM, text="fire"), (KITCHEN,), at(1))) == [("2", "coalesced")]
    assert begun(house.due(at(30))) == ["1"]
    put(house, said("3", ALARM, text="fire"), now=31.0)


def test_an_alarm_that_is_raised_anew_waits_for_no_repeat() -> None:
    house = agenda(coalesce_s=10.0)
    put(house, said("1", ALARM, text="fire", repeat_s=3600.0, repeat_max=3))
    assert heard_in_order(house) == ["1"]
    assert ended(house.put(said("2", ALARM, text="fire"), (KITCHEN,), at(9))) == [("2", "coalesced")]
    assert house.due(at(9)) == ()
    assert ended(house.put(said("3", ALARM, text="fire"), (KITCHEN,), at(600))) == [("3", "coalesced")]
    assert house.next_due(at(600)) == 0.0
    assert begun(house.due(at(600))) == ["1"]


def test_nothing_is_coalesced_where_that_is_off() -> None:
    house = agenda(coalesce_s=0.0)
    put(house, said("1", text="dinner"), said("2", text="dinner"))


def test_a_newer_one_replaces_the_older_and_waits_at_its_place() -> None:
    house = agenda()
    put(house, said("1"), said("2", replaces="washer"), said("3"))
    house.due(at(0))
    (end,) = house.put(said("4", replaces="washer"), (KITCHEN,), at(1))
    assert isinstance(end, End)
    assert (end.announcement.id, end.state, end.reason) == ("2", "replaced", "Replaced by 4")
    house.performed(ONE, Finished(), at(2))
    assert heard_in_order(house, now=2.0) == ["4", "3"]


def test_one_may_be_replaced_by_its_id() -> None:
    house = agenda()
    put(house, said("1"), said("2"))
    assert ended(house.put(said("3", replaces="2"), (KITCHEN,), at(0))) == [("2", "replaced")]


@pytest.mark.parametrize(("newer", "at_once"), [(NORMAL, False), (ALARM, True)])
def test_what_is_being_spoken_is_replaced_after_its_sentence_by_an_alarm_at_once(
    newer: Priority, at_once: bool
) -> None:
    house = agenda()
    put(house, said("1", replaces="washer"))
    house.due(at(0))
    assert broken_off(house.put(said("2", newer, replaces="washer"), (KITCHEN,), at(1))) == [("1", at_once)]
    assert ended(house.performed(ONE, BrokenOff(), at(2))) == [("1", "replaced")]
    assert begun(house.due(at(2))) == ["2"]


def test_who_may_raise_no_alarm_can_replace_none() -> None:
    house = agenda()
    put(house, said("1", ALARM, replaces="leak"), said("2", HIGH, replaces="leak"))
    assert heard_in_order(house) == ["1", "2"]
    assert house.alarms == ("1",)


def test_the_same_words_about_something_that_changed_meanwhile_are_said() -> None:
    house = agenda()
    put(house, said("1", text="five minutes", replaces="washer"))
    assert heard_in_order(house) == ["1"]
    put(house, said("2", HIGH), said("3", text="ten minutes", replaces="washer"), now=1.0)
    house.due(at(1))
    newest = said("4", text="five minutes", replaces="washer")
    assert ended(house.put(newest, (KITCHEN,), at(2))) == [("3", "replaced")]
    house.performed(TWO, Finished(), at(3))
    assert begun(house.due(at(3))) == ["4"]


# Quiet hours; the house's clock is at noon at 0.

TEN_HOURS_S = 36_000.0


def test_in_quiet_hours_only_the_urgent_is_heard() -> None:
    house = agenda()
    night = TEN_HOURS_S
    assert ended(house.put(said("1"), (BEDROOM,), at(night))) == [("1", "suppressed")]
    put(house, said("2", HIGH), zones=(BEDROOM,), now=night)


def test_they_are_judged_again_when_its_turn_comes() -> None:
    house = agenda()
    put(house, said("1"), said("2"), zones=(BEDROOM,), now=TEN_HOURS_S - 5)
    house.due(at(TEN_HOURS_S - 5))
    house.performed(ONE, Finished(), at(TEN_HOURS_S + 1))
    (end,) = house.due(at(TEN_HOURS_S + 1))
    assert isinstance(end, End)
    assert (end.announcement.id, end.state, end.reason) == ("2", "suppressed", "Quiet hours 22:00-07:00 in bedroom")


def test_a_quiet_zone_is_left_out_and_that_is_told() -> None:
    house = agenda()
    put(house, said("1"), said("2"), zones=EVERYWHERE, now=TEN_HOURS_S - 5)
    house.due(at(TEN_HOURS_S - 5))
    house.performed(ONE, Finished(), at(TEN_HOURS_S))
    (begin,) = house.due(at(TEN_HOURS_S))
    assert isinstance(begin, Begin)
    assert begin.entry.zones == (KITCHEN,)
    assert begin.reason == "Heard elsewhere only: quiet hours 22:00-07:00 in bedroom"


def test_an_order_not_to_disturb_lets_the_urgent_pass_until_it_ends() -> None:
    house = agenda()
    house.do_not_disturb((KITCHEN,), HIGH, at(0))
    assert house.undisturbed == {KITCHEN: HIGH}
    assert ended(house.put(said("1"), (KITCHEN,), at(0))) == [("1", "suppressed")]
    put(house, said("2", ALARM))
    house.do_not_disturb((), None, at(0))
    put(house, said("3"))
