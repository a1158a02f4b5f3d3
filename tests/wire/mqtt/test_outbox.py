from voxd.wire.mqtt.outbox import TRIES_MAX, Outbox, Parcel
from voxd.wire.mqtt.packets import Publication


def event(text: str) -> Publication:
    return Publication("event", text.encode())


def kept(topic: str, text: str) -> Publication:
    return Publication(topic, text.encode(), retain=True)


def drained(outbox: Outbox) -> list[str]:
    taken: list[str] = []
    while (parcel := outbox.take()) is not None:
        taken.append(parcel.publication.payload.decode())
    return taken


def test_the_oldest_make_room_and_are_counted() -> None:
    outbox = Outbox(3, 1_000_000)
    for n in range(5):
        outbox.put(event(str(n)))
    assert outbox.dropped == 2
    assert drained(outbox) == ["2", "3", "4"]


def test_its_bytes_are_bounded_too() -> None:
    outbox = Outbox(100, 2500)
    for _ in range(3):
        outbox.put(event("x" * 1000))
    assert outbox.dropped == 1
    assert len(drained(outbox)) == 2
    outbox.put(event("y" * 2000))
    assert outbox.dropped == 1


def test_retained_values_go_first_and_only_the_newest_of_each_topic() -> None:
    outbox = Outbox(2, 1_000_000)
    outbox.put(event("e"))
    for value in ("a1", "b1", "a2"):
        outbox.put(kept(value[0], value))
    assert drained(outbox) == ["b1", "a2", "e"]


def test_what_the_broker_did_not_confirm_is_sent_again_first_and_in_order() -> None:
    outbox = Outbox(10, 1_000_000)
    for n in range(4):
        outbox.put(event(str(n)))
    unconfirmed = [outbox.take(), outbox.take()]
    outbox.put_back([parcel for parcel in unconfirmed if parcel], suspect=True)
    assert drained(outbox) == ["0", "1", "2", "3"]


def test_a_newer_retained_value_is_not_replaced_by_an_older_one_that_comes_back() -> None:
    outbox = Outbox(10, 1_000_000)
    outbox.put(kept("state", "new"))
    outbox.put_back([Parcel(kept("state", "old")), Parcel(kept("other", "kept"))], suspect=False)
    assert sorted(drained(outbox)) == ["kept", "new"]


def test_what_breaks_every_connection_is_given_up() -> None:
    outbox = Outbox(10, 1_000_000)
    outbox.put(event("poison"))
    for _ in range(TRIES_MAX - 1):
        parcel = outbox.take()
        assert parcel
        assert outbox.put_back([parcel], suspect=True) == set()
    parcel = outbox.take()
    assert parcel
    assert outbox.put_back([parcel], suspect=True) == {"event"}
    assert (len(outbox), outbox.dropped) == (0, 1)


def test_what_was_on_its_way_when_we_ended_the_connection_ourselves_is_never_given_up() -> None:
    outbox = Outbox(10, 1_000_000)
    outbox.put(event("innocent"))
    for _ in range(2 * TRIES_MAX):
        parcel = outbox.take()
        assert parcel
        assert outbox.put_back([parcel], suspect=False) == set()
