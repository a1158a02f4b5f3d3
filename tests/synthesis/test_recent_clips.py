"""The clips in memory: never more than the bound, the least recently used leave first."""

from collections import OrderedDict

from hypothesis import given
from hypothesis import strategies as st

from voxd.model.audio import AudioFormat, Clip
from voxd.synthesis.recent_clips import RecentClips

ROOM = 100
KEYS = st.sampled_from("abcdef")
STEPS = st.lists(st.tuples(KEYS, st.none() | st.integers(0, 60)), max_size=60)


def clip(size: int) -> Clip:
    return Clip(AudioFormat(22050), b"\1\2" * size)


@given(STEPS)
def test_it_keeps_what_a_list_ordered_by_use_would_keep(steps: list[tuple[str, int | None]]) -> None:
    recent, model = RecentClips(ROOM), OrderedDict[str, Clip]()
    for key, size in steps:
        if size is None:
            assert recent.get(key) == model.get(key)
            if key in model:
                model.move_to_end(key)
            continue
        recent.put(key, clip(size))
        model.pop(key, None)
        if 2 * size <= ROOM:
            model[key] = clip(size)
        while sum(len(kept.pcm) for kept in model.values()) > ROOM:
            model.popitem(last=False)
        assert recent.bytes == sum(len(kept.pcm) for kept in model.values()) <= ROOM
    assert {key: recent.get(key) for key in "abcdef"} == {key: model.get(key) for key in "abcdef"}


def test_without_room_nothing_is_kept() -> None:
    recent = RecentClips(0)
    recent.put("a", clip(1))
    assert recent.get("a") is None
