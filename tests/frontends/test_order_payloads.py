"""Orders are read from nothing, a word or an object; what is wrong is said."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxd.announcing.preferences import Choice
from voxd.announcing.selection import Selection
from voxd.announcing.sirens import Tone
from voxd.errors import BadRequestError
from voxd.frontends import order_payloads
from voxd.frontends.order_payloads import HistoryWish, OrderWish, QuietWish, SirenWish
from voxd.model.announcement import Priority, State
from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId

HALL = (ZoneId("hall"),)


@pytest.mark.parametrize("payload", [b"", b"  \n", b"{}", b"PRESS", b'{"zones": null}'])
def test_an_order_that_says_nothing_is_about_all(payload: bytes) -> None:
    assert order_payloads.order(payload) == OrderWish()
    assert order_payloads.zones_order(payload) == OrderWish()


@pytest.mark.parametrize(
    ("payload", "wish"),
    [
        (b"smoke-1", OrderWish(Selection(AnnouncementId("smoke-1")))),
        (b" smoke-1\n", OrderWish(Selection(AnnouncementId("smoke-1")))),
        (b'{"id": "smoke-1", "transaction": 7}', OrderWish(Selection(AnnouncementId("smoke-1")), 7)),
        (b'{"zones": "hall"}', OrderWish(Selection(zones=HALL))),
        (b'{"zones": ["hall", "attic"]}', OrderWish(Selection(zones=(ZoneId("hall"), ZoneId("attic"))))),
    ],
)
def test_an_order_is_about_an_id_or_zones(payload: bytes, wish: OrderWish) -> None:
    assert order_payloads.order(payload) == wish


def test_where_only_zones_have_a_meaning_a_word_is_one() -> None:
    assert order_payloads.zones_order(b"hall") == OrderWish(Selection(zones=HALL))
    with pytest.raises(BadRequestError, match="unknown key 'id'"):
        order_payloads.zones_order(b'{"id": "a"}')


@pytest.mark.parametrize(
    ("payload", "wish"),
    [
        (b"on", QuietWish((), Priority.ALARM)),
        (b"OFF", QuietWish((), None)),
        (b'{"on": true, "zones": "hall", "passes": "high"}', QuietWish(HALL, Priority.HIGH)),
        (b'{"on": false, "zones": "hall", "passes": "high"}', QuietWish(HALL, None)),
        (b'{"on": "on", "transaction": "t"}', QuietWish((), Priority.ALARM, "t")),
    ],
)
def test_do_not_disturb_is_switched(payload: bytes, wish: QuietWish) -> None:
    assert order_payloads.quiet(payload) == wish


@pytest.mark.parametrize(
    ("payload", "wish"),
    [
        (b"", HistoryWish()),
        (b"5", HistoryWish(5)),
        (b'{"limit": 5, "state": "Finished"}', HistoryWish(5, State.FINISHED)),
    ],
)
def test_a_history_is_as_long_as_asked_for(payload: bytes, wish: HistoryWish) -> None:
    assert order_payloads.history(payload) == wish


def test_the_query_of_an_address_asks_for_the_history_too() -> None:
    assert order_payloads.history_of({}) == HistoryWish()
    assert order_payloads.history_of({"limit": "7", "state": "failed"}) == HistoryWish(7, State.FAILED)


@pytest.mark.parametrize(
    ("read", "payload", "said"),
    [
        (order_payloads.order, b'{"ids": "a"}', "did you mean id"),
        (order_payloads.order, b'{"id": "a", "zones": "b"}', "exclude each other"),
        (order_payloads.order, b"x" * 65, "id must be a text of 1 to 64"),
        (order_payloads.order, b"\xff", "not UTF-8"),
        (order_payloads.quiet, b"", "on is missing"),
        (order_payloads.quiet, b"maybe", "on must be true or false, not 'maybe'"),
        (order_payloads.quiet, b'{"on": true, "passes": "urgent"}', "passes must be one of low"),
        (order_payloads.history, b"many", "limit must be a whole number from 1 to 1000"),
        (order_payloads.history, b'{"limit": 0}', "limit must be a whole number from 1 to 1000"),
        (order_payloads.history, b'{"state": "done"}', "state must be one of accepted, queued"),
    ],
)
def test_what_is_wrong_with_an_order_is_said(read: Callable[[bytes], object], payload: bytes, said: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        read(payload)
    assert said in str(caught.value)


KEYS = st.sampled_from(["id", "zones", "on", "passes", "limit", "state", "transaction"]) | st.text()
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.dictionaries(KEYS, VALUES).map(lambda asked: json.dumps(asked).encode())
)
def test_no_payload_does_anything_but_succeed_or_be_refused(payload: bytes) -> None:
    reads: tuple[Callable[[bytes], Any], ...] = (
        order_payloads.order,
        order_payloads.zones_order,
        order_payloads.quiet,
        order_payloads.history,
    )
    for read in reads:
        try:
            read(payload)
        except BadRequestError as refused:
            str(refused).encode()


@pytest.mark.parametrize("payload", [b'{"id": ""}', b'{"zones": []}', b'{"zones": ""}'])
def test_what_a_template_left_empty_is_not_taken_for_all(payload: bytes) -> None:
    with pytest.raises(BadRequestError, match="is empty; leave it out to mean all"):
        order_payloads.order(payload)


@pytest.mark.parametrize(
    ("payload", "choice"),
    [
        ({"voice": "mum"}, Choice(frozenset({"voice"}), VoiceId("mum"))),
        ({"voice": None}, Choice(frozenset({"voice"}))),
        ({"voice": "default", "rate": ""}, Choice(frozenset({"voice"}))),
        ({"chime": "gong", "rate": 1.5}, Choice(frozenset({"chime", "rate"}), chime="gong", rate=1.5)),
        ({"chime": "none"}, Choice(frozenset({"chime"}), chime=False)),
        ({"chime": False}, Choice(frozenset({"chime"}), chime=False)),
        ({"chime": "default"}, Choice(frozenset({"chime"}))),
        ({"volume": 39.6, "zones": "hall"}, Choice(frozenset({"volume"}), volume=40, zones=HALL)),
        ({"volume": None}, Choice(frozenset({"volume"}))),
    ],
)
def test_a_preference_names_what_it_changes_and_null_goes_back_to_the_owners(
    payload: dict[str, object], choice: Choice
) -> None:
    assert order_payloads.choice(json.dumps(payload).encode()).choice == choice


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b"mum", "A preference is a JSON object"),
        (b"", "A preference is a JSON object"),
        (b"{}", "nothing is chosen: voice, chime, rate or volume"),
        (b'{"voice": ""}', "nothing is chosen"),
        (b'{"voice": 5}', "voice must be a text"),
        (b'{"chime": true}', "chime must be a text"),
        (b'{"chime": 0}', "chime must be a text"),
        (b'{"rate": 3}', "rate must be a number from 0.5 to 2.0, or null, not 3"),
        (b'{"volume": "loud"}', "volume must be a number from 0 to 100"),
        (b'{"volume": 5, "zones": []}', "zones is empty"),
        (b'{"voice": "mum", "zones": "hall"}', "zones go with volume"),
        (b'{"voise": "mum"}', "did you mean voice"),
    ],
)
def test_a_preference_that_makes_no_sense_is_refused_with_what_is_wrong(payload: bytes, told: str) -> None:
    with pytest.raises(BadRequestError, match=told):
        order_payloads.choice(payload)


@pytest.mark.parametrize(
    ("payload", "wish"),
    [
        (b"ON", SirenWish((), Tone())),
        (b"off", SirenWish((), None)),
        (b'{"on": true, "tone": null, "duration_s": null, "volume": null}', SirenWish((), Tone())),
        (b'{"on": true, "tone": "default"}', SirenWish((), Tone())),
        (b'{"on": "on", "tone": "gong", "duration_s": 5, "volume": 80.4}', SirenWish((), Tone("gong", 5.0, 80))),
        (b'{"on": false, "zones": "hall", "transaction": 1}', SirenWish(HALL, None, 1)),
    ],
)
def test_a_siren_is_switched_on_and_off(payload: bytes, wish: SirenWish) -> None:
    assert order_payloads.siren(payload) == wish


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b"", "on is missing: true or false"),
        (b"loud", "on must be true or false, not 'loud'"),
        (b'{"on": true, "duration_s": 601}', "duration_s must be a number of seconds from 0.1 to 600, not 601"),
        (b'{"on": true, "duration_s": 0}', "duration_s must be"),
        (b'{"on": true, "tone": 5}', "tone must be a text"),
        (b'{"on": true, "volume": -1}', "volume must be a number from 0 to 100"),
        (b'{"on": true, "duration": 5}', "did you mean duration_s"),
    ],
)
def test_a_siren_that_makes_no_sense_is_refused_with_what_is_wrong(payload: bytes, told: str) -> None:
    with pytest.raises(BadRequestError, match=told):
        order_payloads.siren(payload)
