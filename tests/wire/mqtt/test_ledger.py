from dataclasses import replace

from voxd.wire.mqtt.ledger import Ledger, Standing
from voxd.wire.mqtt.packets import Delivery

FIRST = Delivery("say", b"hello", 1, 7, again=False, connection=1, received_at=0.0)
AGAIN = replace(FIRST, again=True, connection=2)


def test_a_first_delivery_is_new_even_when_it_looks_like_one_before() -> None:
    ledger = Ledger(10)
    ledger.open(FIRST)
    ledger.done(FIRST)
    assert ledger.standing(replace(FIRST, connection=2)) is Standing.NEW


def test_a_second_one_that_looks_like_the_first_and_was_lost_before_it_was_read_is_new_when_it_comes_again() -> None:
    ledger = Ledger(10)
    ledger.open(FIRST)
    ledger.done(FIRST)
    assert ledger.standing(FIRST) is Standing.NEW
    assert ledger.standing(AGAIN) is Standing.NEW


def test_one_that_is_being_worked_on_is_acknowledged_on_the_connection_it_came_again_on() -> None:
    ledger = Ledger(10)
    ledger.open(FIRST)
    assert ledger.standing(AGAIN) is Standing.OPEN
    assert ledger.done(FIRST) == 2


def test_one_that_was_done_is_known_when_it_comes_again() -> None:
    ledger = Ledger(10)
    ledger.open(FIRST)
    assert ledger.done(FIRST) == 1
    assert ledger.standing(AGAIN) is Standing.DONE


def test_one_that_was_given_back_is_new() -> None:
    ledger = Ledger(10)
    ledger.open(FIRST)
    ledger.give_back(FIRST)
    assert ledger.standing(AGAIN) is Standing.NEW


def test_another_text_under_the_same_identifier_is_new() -> None:
    ledger = Ledger(10)
    ledger.open(FIRST)
    ledger.done(FIRST)
    assert ledger.standing(replace(AGAIN, payload=b"other")) is Standing.NEW


def test_it_remembers_a_bounded_number_and_nothing_of_a_lost_session() -> None:
    ledger = Ledger(2)
    for packet_id in range(3):
        ledger.done(replace(FIRST, packet_id=packet_id))
    assert ledger.standing(replace(AGAIN, packet_id=0)) is Standing.NEW
    assert ledger.standing(replace(AGAIN, packet_id=2)) is Standing.DONE
    ledger.forget()
    assert ledger.standing(replace(AGAIN, packet_id=2)) is Standing.NEW
