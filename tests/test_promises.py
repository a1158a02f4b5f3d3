"""The judge of the kill loops can find fault: made-up play logs, each with something wrong."""

import os
from pathlib import Path

import pytest
from play_log import Line, PlayLog
from promises import Verdict, verdict
from words import Piece, WordReader, spoken, word, words


def judged(*lines: str, acknowledged: str = "a", killed: tuple[int, ...] = (1,), **explained: str) -> Verdict:
    """The verdict on lines like "start a 1": a word and the process that it was heard in."""
    read = [line.split() for line in lines]
    log = [Line(kind, word_, int(pid), float(at)) for at, (kind, word_, pid) in enumerate(read)]
    return verdict(published=["a", "b"], acknowledged=acknowledged.split(), log=log, killed=killed, journal=explained)


@pytest.mark.parametrize(
    "lines",
    [
        ("start a 1", "end a 1"),
        ("start a 1", "start a 2", "end a 2"),
        ("start a 1", "start b 1", "end a 1", "end b 1"),
    ],
)
def test_what_was_heard_once_or_cut_off_and_heard_again_is_well(lines: tuple[str, ...]) -> None:
    assert judged(*lines).holds


def test_what_was_acknowledged_and_never_heard_is_lost() -> None:
    found = judged("start b 1", "end b 1")
    assert found.lost == ("a",)
    assert not found.holds


def test_what_was_begun_and_never_ended_is_lost() -> None:
    assert judged("start a 1", killed=()).lost == ("a",)


def test_what_was_not_acknowledged_need_not_be_heard() -> None:
    assert judged(acknowledged="").holds


def test_a_second_start_without_a_kill_is_doubled() -> None:
    assert judged("start a 2", "start a 3", "end a 3").doubled == ("a",)


def test_a_second_start_in_the_same_process_is_doubled() -> None:
    assert judged("start a 1", "start a 1", "end a 1").doubled == ("a",)


def test_three_starts_are_one_too_many() -> None:
    found = judged("start a 1", "start a 2", "start a 3", "end a 3", killed=(1, 2))
    assert found.thrice == ("a",)
    assert not found.holds


def test_what_is_heard_again_after_its_end_is_counted() -> None:
    for lines in (("start a 2", "end a 2"), ("start a 2",)):
        found = judged("start a 1", "end a 1", *lines)
        assert found.heard_again == ("a",)
        assert not found.holds


def test_few_among_many_may_be_heard_twice() -> None:
    many = [f"w{number}" for number in range(1000)]
    log = [Line(kind, word_, 1, 0.0) for word_ in many for kind in ("start", "end")]
    log += [Line(kind, word_, 2, 1.0) for word_ in many[:2] for kind in ("start", "end")]
    found = verdict(published=many, acknowledged=many, log=log, killed=(1,), journal={})
    assert len(found.heard_again) == 2
    assert found.holds
    log += [Line(kind, many[2], 2, 2.0) for kind in ("start", "end")]
    assert not verdict(published=many, acknowledged=many, log=log, killed=(1,), journal={}).holds


def test_what_nobody_said_is_told() -> None:
    assert judged("start a 1", "end a 1", "start z 1", "end z 1").unasked == ("z",)


@pytest.mark.parametrize("state", ["expired", "replaced", "coalesced", "suppressed", "cancelled"])
def test_what_the_journal_explains_is_not_lost(state: str) -> None:
    assert judged(a=state).holds


@pytest.mark.parametrize("state", ["queued", "playing", "refused", "failed", "finished", "interrupted"])
def test_what_the_journal_does_not_explain_is_lost(state: str) -> None:
    assert judged(a=state).lost == ("a",)


def test_interrupted_is_excused_where_a_kill_cut_it_off() -> None:
    assert judged("start a 1", a="interrupted").holds
    assert judged("start a 2", a="interrupted").lost == ("a",)


def test_given_up_is_excused_after_two_starts_that_ended_in_a_kill() -> None:
    found = judged("start a 1", "start a 2", killed=(1, 2), a="failed")
    assert found.holds
    assert (found.given_up, found.given_up_early) == (("a",), ())
    assert judged("start a 1", "start a 2", a="failed").lost == ("a",)
    found = judged("start a 1", a="failed")
    assert found.holds, "the other kill came a moment before it was heard"
    assert (found.given_up, found.given_up_early) == ((), ("a",))
    assert judged("start a 2", a="failed").lost == ("a",)
    assert judged(a="failed").lost == ("a",)


def test_what_a_broker_forgot_is_told_and_not_held_against_us() -> None:
    def found(*log: Line, journal: dict[str, str]) -> Verdict:
        return verdict(published=["a"], acknowledged=["a"], log=log, killed=(1,), journal=journal, forgettable=["a"])

    assert found(journal={}).forgotten == ("a",)
    assert found(journal={}).holds
    assert found(journal={"a": "queued"}).lost == ("a",)
    assert found(Line("start", "a", 1, 0.0), journal={}).lost == ("a",)


def test_the_verdict_says_what_it_found_in_a_line() -> None:
    assert "lost 1 a" in str(judged())


def test_a_play_log_is_read_as_it_was_written(tmp_path: Path) -> None:
    log = PlayLog(tmp_path / "log")
    assert not list(log)
    log.note("start", "bada")
    log.note("end", "bada")
    assert [(line.kind, line.word, line.pid) for line in log] == [
        (kind, "bada", os.getpid()) for kind in ("start", "end")
    ]


@pytest.mark.parametrize("step", [1, 7, 640, 1000, 100_000])
def test_words_are_read_from_sound_however_it_is_cut(step: int) -> None:
    pcm = bytes(2000).join([*spoken("badega", 2), *spoken("zuzu", 1)])
    reader = WordReader()
    read = [piece for at in range(0, len(pcm), step) for piece in reader.read(pcm[at : at + step])]
    assert read == [Piece("badega", 0, 2), Piece("badega", 1, 2), Piece("zuzu", 0, 1)]


def test_no_word_is_given_twice() -> None:
    some = [given for given, _ in zip(words(1), range(20_000), strict=False)]
    assert len(set(some)) == 20_000
    assert word(0) == "bababa"
