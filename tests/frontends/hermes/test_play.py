"""hermes/audioServer/SITE/playBytes/ID: a sound is announced in the zones of its site, and its end is always told."""

import pytest
from hermes_houses import WAV, House, Rhasspy, refusing
from sounds import tone

from voxd.audio.wav import wav_bytes
from voxd.errors import BusyError
from voxd.frontends.hermes import sound_desk
from voxd.model.announcement import State

ERROR = "hermes/error/audioServer/play"


def played(request: str, site: str = "kitchen") -> tuple[str, dict[str, object]]:
    return f"hermes/audioServer/{site}/playFinished", {"id": request, "sessionId": None}


async def test_a_sound_is_announced_as_a_recording_and_its_end_told_when_it_was_heard(
    house: House, rhasspy: Rhasspy
) -> None:
    await rhasspy.play("kitchen", "q1")
    sound = await house.announced()
    assert (sound.zones, sound.source) == (("kitchen",), "hermes/kitchen")
    assert sound.chime is False, "it is nothing to be listened for"
    assert sound.recording
    assert (await house.recordings.load(sound.recording)).sound.pcm == tone(0.2, 22_050).pcm
    assert await rhasspy.is_told_nothing()
    house.end(sound.id)
    assert await rhasspy.told() == played("q1")
    assert await rhasspy.is_told_nothing()


@pytest.mark.parametrize(("site", "zones"), [("parlour", ("lounge",)), ("default", ("kitchen",))])
async def test_a_sound_is_played_in_the_zones_of_its_site(
    site: str, zones: tuple[str, ...], house: House, rhasspy: Rhasspy
) -> None:
    await rhasspy.play(site, "q1", qos=0)
    sound = await house.announced()
    assert sound.zones == zones
    house.end(sound.id)
    assert await rhasspy.told() == played("q1", site)


async def test_a_long_sound_is_larger_than_anything_else_may_be(house: House, rhasspy: Rhasspy) -> None:
    await rhasspy.play("kitchen", "q1", wav_bytes(tone(60, 22_050)))
    house.end((await house.announced()).id)
    assert await rhasspy.told() == played("q1")


@pytest.mark.parametrize("sound", [b"", b"ID3 no wave", WAV[:30], wav_bytes(tone(0.0)), wav_bytes(tone(301, 8000))])
async def test_what_is_no_sound_is_an_error_and_finished(sound: bytes, house: House, rhasspy: Rhasspy) -> None:
    await rhasspy.play("kitchen", "q1", sound)
    topic, error = await rhasspy.told()
    assert (topic, error["context"], error["siteId"]) == (ERROR, "q1", "kitchen")
    assert error["error"]
    assert await rhasspy.told() == played("q1")
    assert (house.texts, len(house.announcer.refused)) == ([], 1)


async def test_a_sound_that_is_too_large_is_an_error_and_finished(house: House, rhasspy: Rhasspy) -> None:
    await rhasspy.play("kitchen", "q1", bytes(sound_desk.SOUND_BYTES_MAX + 1))
    topic, error = await rhasspy.told()
    assert topic == ERROR
    assert "at most 16,777,216 are taken" in error["error"]
    assert await rhasspy.told() == played("q1")


async def test_a_refused_sound_and_a_failed_one_are_errors_and_finished(house: House, rhasspy: Rhasspy) -> None:
    refusing(house, BusyError("The queue is full"))
    await rhasspy.play("kitchen", "q1")
    assert (await rhasspy.told())[1]["error"] == "The queue is full"
    assert await rhasspy.told() == played("q1")
    refusing(house, None)
    await rhasspy.play("kitchen", "q2")
    house.end((await house.announced()).id, State.FAILED, "Nobody hears it")
    assert (await rhasspy.told())[1] == {
        "error": "Nobody hears it",
        "siteId": "kitchen",
        "context": "q2",
        "sessionId": None,
    }
    assert await rhasspy.told() == played("q2")


async def test_a_sound_that_cannot_be_stored_is_an_error_at_once_and_not_played_later(
    house: House, rhasspy: Rhasspy
) -> None:
    house.announcer.disk_full = True
    await rhasspy.play("kitchen", "q1")
    assert (await rhasspy.told())[0] == ERROR
    assert await rhasspy.told() == played("q1")
    house.announcer.disk_full = False
    await rhasspy.play("kitchen", "q2")
    house.end((await house.announced()).id)
    assert await rhasspy.told() == played("q2")
    assert len(house.taken) == 1


async def test_the_same_sound_is_played_as_often_as_it_comes(house: House, rhasspy: Rhasspy) -> None:
    for request in ("q1", "q2"):
        await rhasspy.play("kitchen", request)
    await house.announced(2)
    assert not house.announcer.joining
    assert len({sound.recording for sound in house.taken}) == 1
    for sound in reversed(house.taken):
        house.end(sound.id)
    assert [await rhasspy.told() for _ in range(2)] == [played("q2"), played("q1")]


async def test_sounds_are_played_in_their_order(house: House, rhasspy: Rhasspy) -> None:
    for number in range(6):
        await rhasspy.play("kitchen", str(number), wav_bytes(tone(0.1 + number / 10)))
    await house.announced(6)
    durations = [(await house.recordings.load(sound.recording or "")).sound.duration_s for sound in house.taken]
    assert durations == sorted(durations)


@pytest.mark.parametrize("site", ["garage", "hall", "sofa"])
async def test_what_an_audio_server_of_others_plays_is_not_announced(site: str, house: House, rhasspy: Rhasspy) -> None:
    """Least of all what an output of ours plays there: that would go round for ever."""
    await rhasspy.play(site, "q1")
    await rhasspy.play("kitchen", "q2")
    house.end((await house.announced()).id)
    assert await rhasspy.told() == played("q2")
    assert len(house.taken) == 1


async def test_what_is_said_at_the_site_of_an_output_of_ours_is_announced(house: House, rhasspy: Rhasspy) -> None:
    await rhasspy.say({"text": "x", "siteId": "hall"})
    assert (await house.announced()).zones == ("hall",)


async def test_a_site_that_is_toggled_off_is_silent_and_what_is_played_there_finished(
    house: House, rhasspy: Rhasspy
) -> None:
    await rhasspy.publish("hermes/audioServer/toggleOff", '{"siteId": "kitchen"}')
    await rhasspy.play("kitchen", "q1")
    assert await rhasspy.told() == played("q1")
    await rhasspy.say({"text": "x", "siteId": "kitchen", "id": "r1"})
    assert (await rhasspy.told())[1]["id"] == "r1"
    await rhasspy.play("lounge", "q2")
    assert (await house.announced()).zones == ("lounge",)
    await rhasspy.say({"text": "x", "siteId": "*"})
    assert (await house.announced(2)).zones == ("lounge", "hall")
    await rhasspy.publish("hermes/audioServer/toggleOn", '{"siteId": "kitchen"}')
    await rhasspy.play("kitchen", "q3")
    assert (await house.announced(3)).zones == ("kitchen",)


async def test_everything_may_be_toggled_off_at_once(house: House, rhasspy: Rhasspy) -> None:
    await rhasspy.publish("hermes/audioServer/toggleOff", '{"siteId": "*"}')
    for site in ("kitchen", "lounge"):
        await rhasspy.play(site, "q1")
        assert await rhasspy.told() == played("q1", site)
    assert house.taken == []
