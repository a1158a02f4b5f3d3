"""The owner's pronunciation list."""

import time

import pytest

from voxd.text.normalizer import Normalizer
from voxd.text.pronunciations import Pronunciations


@pytest.mark.parametrize(
    ("entries", "text", "said"),
    [
        ({"wlan": "Weh Lan"}, "WLAN, Wlan und wlan", "Weh Lan, Weh Lan und Weh Lan"),
        ({"wlan": "x"}, "wlans and awlan", "wlans and awlan"),
        ({"US": "United States"}, "US and us", "United States and us"),
        ({"home": "h", "home assistant": "HA"}, "home assistant at home", "HA at h"),
        ({"home assistant": "HA"}, "home\n assistant", "HA"),
        ({"a": "b", "b": "c"}, "a b", "b c"),
        ({"C++": "see plus plus"}, "I like C++.", "I like see plus plus."),
        ({"müller": "Miller"}, "MÜLLER kommt", "Miller kommt"),
        ({"小米": "Xiaomi"}, "打开小米灯", "打开Xiaomi灯"),
        ({"": "x", " ": "y"}, "nothing here", "nothing here"),
        ({r"a.b\1": r"\g<0>"}, r"a.b\1 axb", r"\g<0> axb"),
        ({}, "as it was", "as it was"),
    ],
)
def test_whole_words_are_replaced_longest_first(entries: dict[str, str], text: str, said: str) -> None:
    assert Pronunciations(entries).applied(text) == said


def test_an_entry_comes_before_numbers_and_underscores_are_put_into_words() -> None:
    normalizer = Normalizer({"sensor_1": "the first sensor", "R2D2": "Artoo"})
    assert normalizer.spoken("R2D2 reads sensor_1 and 2", "en") == "Artoo reads the first sensor and two"


def test_a_thousand_entries_are_quick() -> None:
    pronunciations = Pronunciations({f"name{number}": "x" for number in range(1000)})
    began = time.process_time()
    pronunciations.applied("name999 and some other words " * 100)
    assert time.process_time() - began < 0.5
