"""Preferences: what people chose holds where an announcement is silent, over restarts too."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from engines_for_tests import sentence
from miniature_house import MiniatureHouse, RememberingOutput, plain_rules

from voxd.announcing.preferences import Choice, Chosen, Preferences
from voxd.announcing.studio.studio import Studio
from voxd.audio.pcm import gain
from voxd.errors import BadRequestError, UnknownVoiceError, UnknownZoneError
from voxd.model.announcement import Announcement, Priority, State
from voxd.model.audio import AudioFormat, Chunk
from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId
from voxd.settings import ChimeSettings

KITCHEN, ATTIC = ZoneId("kitchen"), ZoneId("attic")
BERT = VoiceId("sine-bert")


def chosen(**what: object) -> Choice:
    zones = what.pop("zones", ())
    return Choice(frozenset(what), zones=zones, **what)  # type: ignore[arg-type]  # the test names what it chooses


async def said(house: MiniatureHouse, id_: str, **more: object) -> str:
    """Announce, wait for its end, and tell who spoke it."""
    told = Announcement("Hello.", id=AnnouncementId(id_), **more)  # type: ignore[arg-type]  # the test knows the fields
    await house.announcer.announce(told)
    step = await house.until(id_, State.FINISHED)
    return str(step.voice)


async def kept(file: Path) -> Chosen:
    """What the next start reads."""
    preferences = Preferences(file)
    await preferences.load()
    return preferences.chosen


async def test_a_preferred_voice_speaks_what_names_none_also_after_a_restart(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path).alive() as house:
        await house.orders.prefer(chosen(voice=BERT))
        assert await said(house, "a") == "sine-bert"
        assert await said(house, "b", voice=VoiceId("sine-anna")) == "sine-anna"
        assert house.announcer.house_state().voice == "sine-bert"
    async with MiniatureHouse(tmp_path).alive() as again:
        assert await said(again, "c") == "sine-bert"
        await again.orders.prefer(chosen(voice=None))
        assert await said(again, "d") == "sine-anna"
        assert again.announcer.house_state().voice == "sine-anna"


async def test_a_preferred_voice_that_is_gone_is_passed_over_with_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "preferences.json").write_text('{"voice": "mum", "chime": "bell", "rate": null, "volume": {}}')
    async with MiniatureHouse(tmp_path).alive() as house:
        assert await said(house, "a") == "sine-anna"
        assert await said(house, "b") == "sine-anna"
        state = house.announcer.house_state()
    assert (state.voice, state.chime) == ("sine-anna", None)
    assert caplog.text.count("The voice mum, which was chosen") == 1
    assert caplog.text.count("The chime bell, which was chosen") == 1


async def test_a_preferred_rate_holds_where_none_is_asked_for_and_the_voice_can(house: MiniatureHouse) -> None:
    await house.orders.prefer(chosen(rate=1.5))
    await said(house, "as it is")
    house.engine.traits = replace(house.engine.traits, changes_rate=True)
    await house.orders.prefer(chosen(rate=2.0))
    await said(house, "a")
    await said(house, "b", rate=1.0)
    as_it_is, preferred, asked = house.outputs["kitchen"].heard
    assert preferred == house.engine.pcm(sentence("Hello.", rate=2.0))
    assert as_it_is == asked == house.engine.pcm(sentence("Hello."))
    assert house.announcer.house_state().rate == 2.0


async def test_the_volume_chosen_for_a_zone_takes_the_place_of_its_own(house: MiniatureHouse) -> None:
    await house.orders.prefer(chosen(volume=50, zones=(ATTIC,)))
    await said(house, "a")
    loud, soft = (Chunk(AudioFormat(8000), house.outputs[name].heard[0]) for name in ("kitchen", "attic"))
    assert gain(loud, 50.0).pcm == soft.pcm
    assert house.announcer.house_state().volume == {"kitchen": 100, "attic": 50}
    await house.orders.prefer(chosen(volume=None))
    assert house.announcer.house_state().volume == {"kitchen": 100, "attic": 100}


async def test_what_is_left_out_stays_as_it_was(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path).alive() as house:
        await house.orders.prefer(chosen(voice=BERT, chime="gong", volume=30, zones=(KITCHEN,)))
        await house.orders.prefer(chosen(chime=False))
        await house.orders.prefer(chosen(volume=40, zones=(ATTIC,)))
    assert await kept(tmp_path / "preferences.json") == Chosen(BERT, False, None, {KITCHEN: 30, ATTIC: 40})


async def test_what_there_is_not_cannot_be_preferred(house: MiniatureHouse) -> None:
    with pytest.raises(UnknownVoiceError, match="nobody"):
        await house.orders.prefer(chosen(voice=VoiceId("nobody")))
    with pytest.raises(BadRequestError, match='"gonk"; did you mean "gong"'):
        await house.orders.prefer(chosen(chime="gonk"))
    with pytest.raises(UnknownZoneError, match="cellar"):
        await house.orders.prefer(chosen(volume=1, zones=(ZoneId("cellar"),)))
    assert house.preferences.chosen == Chosen()


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"voice": 1, "chime": null, "rate": null, "volume": {}}',
        '{"voice": null, "chime": true, "rate": null, "volume": {}}',
        '{"voice": null, "chime": null, "rate": 9, "volume": {}}',
        '{"voice": null, "chime": null, "rate": null, "volume": {"attic": 400}}',
        '{"voice": null, "chime": null, "rate": null, "volume": {"attic": 1e999}}',
    ],
)
async def test_a_damaged_file_is_told_of_and_the_settings_hold(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "preferences.json"
    file.write_text(content)
    assert await kept(file) == Chosen()
    assert "cannot be read" in caplog.text


def _chimed(studio: Studio, priority: Priority) -> str | None:
    return studio._chime(Announcement("x", priority=priority))


async def test_a_preferred_chime_takes_the_place_of_the_owners_but_for_alarms(house: MiniatureHouse) -> None:
    house.studio.defaults = ChimeSettings(low=None, normal="ding", high="rise", alarm="siren")
    every = Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.ALARM
    assert [_chimed(house.studio, each) for each in every] == [None, "ding", "rise", "siren"]
    await house.orders.prefer(chosen(chime="gong"))
    assert [_chimed(house.studio, each) for each in every] == ["gong", "gong", "gong", "siren"]
    await house.orders.prefer(chosen(chime=False))
    assert [_chimed(house.studio, each) for each in every] == [None, None, None, "siren"]
    await house.orders.prefer(chosen(chime=None))
    assert [_chimed(house.studio, each) for each in every] == [None, "ding", "rise", "siren"]


async def test_the_state_tells_what_may_be_chosen_and_where_something_is_heard(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path)
    kitchen = house.paced("kitchen")
    async with house.alive():
        state = house.announcer.house_state()
        assert {"sine-anna", "sine-bert"} <= set(state.voices)
        assert {"ding", "siren"} <= set(state.chimes)
        assert (state.sounding, state.first_audio_ms, state.last_error) == ((), None, "")
        await house.announcer.announce(Announcement("Hello.", zones=(KITCHEN,), id=AnnouncementId("a")))
        await house.until("a", State.PLAYING)
        state = house.announcer.house_state()
        assert state.sounding == ("kitchen",)
        assert state.first_audio_ms is not None
        for _ in range(house.engine.chunks):
            kitchen.leave.release()
        await house.until("a", State.FINISHED)
        assert house.announcer.house_state().sounding == ()


async def test_the_last_failure_is_in_the_state(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path, announcements=plain_rules(wait_for_output_s=0.0))
    for output in house.outputs.values():
        assert isinstance(output, RememberingOutput)
        output.deaf = True
    async with house.alive():
        await house.announcer.announce(Announcement("Hello.", id=AnnouncementId("a")))
        step = await house.until("a", State.FAILED)
        assert step.reason
        assert house.announcer.house_state().last_error == step.reason


async def test_a_chime_file_put_into_the_folder_can_be_chosen_at_once(house: MiniatureHouse) -> None:
    folder = house.folder / "chimes"
    folder.mkdir()
    assert "bell" not in house.announcer.house_state().chimes
    (folder / "bell.wav").write_bytes(b"x")
    assert "bell" in house.announcer.house_state().chimes
    await house.orders.prefer(chosen(chime="bell"))
    assert house.announcer.house_state().chime == "bell"


async def test_who_asks_for_a_style_alone_hears_the_preferred_voice_in_it(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path)
    house.engine.traits = replace(house.engine.traits, styles=frozenset({"whisper"}))
    async with house.alive():
        await house.orders.prefer(chosen(voice=BERT))
        assert await said(house, "a", voice=VoiceId("?style=whisper")) == "sine-bert?style=whisper"


async def test_a_chime_is_found_however_its_letters_are_composed(house: MiniatureHouse) -> None:
    composed, decomposed = "t\u00fcr", "tu\u0308r"
    (house.folder / "chimes").mkdir()
    (house.folder / "chimes" / f"{composed}.wav").write_bytes(b"x")
    await house.orders.prefer(chosen(chime=decomposed))
    assert house.announcer.house_state().chime == composed


async def test_what_was_chosen_in_the_last_moment_is_kept(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path).alive() as house:
        choosing = asyncio.create_task(house.orders.prefer(chosen(volume=30, zones=(KITCHEN,))))
        await asyncio.sleep(0)
        choosing.cancel()
    assert await kept(tmp_path / "preferences.json") == Chosen(volume={KITCHEN: 30})
