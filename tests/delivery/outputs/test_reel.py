"""Promises of the reel."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from sounds import noise, pieces_of, sound_of

from voxd.delivery.outputs.reel import AHEAD_S, Reel
from voxd.errors import EngineError
from voxd.model.audio import AudioFormat, Chunk

RATE_HZ = 1000


@pytest.fixture
def reel() -> Reel:
    return Reel(AudioFormat(RATE_HZ))


def sent_by(reel: Reel) -> bytes:
    return b"".join(iter(reel.next_slice, b""))


async def test_it_is_over_when_the_whole_sound_was_heard(reel: Reel) -> None:
    sound = noise(0.6, RATE_HZ)
    await reel.collect(sound_of(*pieces_of(sound, 100)))
    assert sent_by(reel) == sound.pcm
    reel.heard(599)
    assert not reel.over
    reel.heard(600)
    assert reel.over


async def test_rewound_it_goes_on_from_the_first_frame_that_was_not_heard(reel: Reel) -> None:
    sound = noise(0.6, RATE_HZ)
    await reel.collect(sound_of(sound))
    sent_by(reel)
    reel.heard(150)
    reel.rewind()
    assert sent_by(reel) == sound.pcm[300:]


async def test_two_seconds_are_sent_ahead_and_no_more_is_collected_meanwhile(reel: Reel) -> None:
    taken = 0

    async def endless() -> AsyncGenerator[Chunk, None]:
        nonlocal taken
        while True:
            taken += 1
            yield noise(0.5, RATE_HZ)

    collecting = asyncio.create_task(reel.collect(endless()))
    await asyncio.sleep(0.01)
    assert len(sent_by(reel)) == 2 * AHEAD_S * RATE_HZ
    assert taken <= AHEAD_S / 0.5 + 1
    reel.heard(1000)
    await asyncio.sleep(0.01)
    assert len(sent_by(reel)) == 2 * 1000
    collecting.cancel()
    await asyncio.wait((collecting,))


async def test_a_failing_sound_ends_after_its_last_frame(reel: Reel) -> None:
    async def failing() -> AsyncGenerator[Chunk, None]:
        yield noise(0.1, RATE_HZ)
        raise EngineError("gone")

    with pytest.raises(EngineError):
        await reel.collect(failing())
    assert reel.complete
    assert not reel.over
    assert len(sent_by(reel)) == 200


async def test_a_device_cannot_have_heard_more_than_was_sent(reel: Reel) -> None:
    await reel.collect(sound_of(noise(0.6, RATE_HZ)))
    reel.next_slice()
    reel.heard(10_000)
    assert reel.heard_frames == 250
    assert not reel.over


async def test_its_first_frame_is_held_once_until_the_moment_that_was_agreed(reel: Reel) -> None:
    await reel.collect(sound_of(noise(0.1, RATE_HZ)))
    reel.begin_at(12.5)
    assert (reel.next_hold(), reel.next_hold()) == (12.5, None)
    assert sent_by(reel) == noise(0.1, RATE_HZ).pcm
