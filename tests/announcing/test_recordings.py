"""Recordings: sounds that are announced in place of speech, by the same rules, and kept as long as they are needed."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from announced import wish
from miniature_house import KnownGains, MiniatureHouse, plain_rules
from sounds import tone
from waiting import until

from voxd.announcing.progress import Step
from voxd.announcing.recordings import SPARE_MAX, Recordings
from voxd.announcing.selection import Selection
from voxd.announcing.speaking.playback import PIECE_S, WHOLE_MAX_S, Playback
from voxd.announcing.studio.chime_book import ChimeBook
from voxd.announcing.studio.studio import Studio
from voxd.audio.loudness import can_measure, loudness_lufs
from voxd.audio.pcm import samples
from voxd.audio.wav import MAX_BYTES, wav_bytes
from voxd.errors import BadRequestError, StorageError
from voxd.model.announcement import Announcement, Priority, State
from voxd.model.audio import AudioFormat, Chunk, Clip
from voxd.model.identifiers import AnnouncementId
from voxd.settings import ChimeSettings, SoundSettings

RATE_HZ = 16_000


def sound(hz: float = 440.0, duration_s: float = 0.5) -> Chunk:
    """A sound that its pitch tells from every other."""
    return tone(duration_s, RATE_HZ, hz)


async def recorded(house: MiniatureHouse, id_: str, hz: float = 440.0, **more: Any) -> Announcement:
    """An announcement of a sound that was taken over."""
    return wish(id_, "A sound", recording=await house.recordings.take_over(sound(hz)), **more)


def files(house: MiniatureHouse) -> list[Path]:
    return sorted((house.folder / "received").iterdir())


async def test_a_recording_is_heard_sample_for_sample_in_all_its_zones_and_no_voice_speaks(
    house: MiniatureHouse,
) -> None:
    await house.announcer.announce(await recorded(house, "a"))
    await house.until("a", State.FINISHED)
    assert [house.outputs[zone].heard for zone in ("kitchen", "attic")] == [[sound().pcm], [sound().pcm]]
    assert house.engine.spoken == []


async def test_a_wav_file_is_taken_as_well_and_two_channels_become_one(house: MiniatureHouse) -> None:
    left, right = sound().pcm, bytes(len(sound().pcm))
    both = b"".join(left[at : at + 2] + right[at : at + 2] for at in range(0, len(left), 2))
    name = await house.recordings.take_over(wav_bytes(Chunk(AudioFormat(RATE_HZ, 2), both)))
    kept = (await house.recordings.load(name)).sound
    assert kept.format == AudioFormat(RATE_HZ)
    assert kept.duration_s == 0.5
    assert samples(kept).max() == pytest.approx(samples(sound()).max() / 2, abs=1)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (b"ID3 an mp3 file", "not a WAV file"),
        (wav_bytes(Chunk(AudioFormat(RATE_HZ), b"")), "no sound"),
        (Chunk(AudioFormat(4_000), bytes(8_000)), "8000 to 48000 samples a second here, not 4000"),
        (Chunk(AudioFormat(96_000), bytes(8_000)), "not 96000"),
        (Chunk(AudioFormat(8_000), bytes(61 * 16_000)), r"lasts 61 s; 60 s are taken \(satellite.sound_max_s\)"),
    ],
)
async def test_what_is_no_sound_we_play_is_refused_with_a_sentence_and_leaves_nothing(
    house: MiniatureHouse, given: bytes | Chunk, reason: str
) -> None:
    with pytest.raises(BadRequestError, match=reason):
        await house.recordings.take_over(given)
    assert not (house.folder / "received").exists()


async def test_a_recording_is_nobody_elses_to_read(house: MiniatureHouse) -> None:
    await recorded(house, "a")
    (file,) = files(house)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


async def test_a_recording_that_there_is_none_of_is_refused(house: MiniatureHouse) -> None:
    for name in ("0" * 32, "../journal", ""):
        with pytest.raises(BadRequestError, match="not kept any more"):
            await house.announcer.announce(wish(f"a{name[:1]}", "A sound", recording=name))
    assert house.states("a0") == [State.REFUSED]


async def test_the_same_sound_twice_is_said_once_and_two_different_ones_are_both_heard(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path, announcements=plain_rules(coalesce_s=10.0)).alive() as house:
        gate = house.outputs["kitchen"].gate = asyncio.Event()
        for id_, hz in (("a", 440.0), ("b", 880.0), ("c", 880.0)):
            await house.announcer.announce(await recorded(house, id_, hz))
        gate.set()
        await house.until("b", State.FINISHED)
        assert house.states("c")[-1] is State.COALESCED
        assert house.outputs["kitchen"].heard == [sound(440.0).pcm, sound(880.0).pcm]


async def test_an_alarm_interrupts_a_recording_which_is_heard_again_from_its_beginning(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path)
    house.living()
    async with house.alive():
        await house.announcer.announce(await recorded(house, "a"))
        await house.until("a", State.PLAYING)
        await house.announcer.announce(wish("fire", "Fire.", priority=Priority.ALARM))
        await house.until("a", State.FINISHED)
        assert house.outputs["kitchen"].heard[-2:] == [house.pcm("Fire."), sound().pcm]


async def test_a_recording_has_a_chime_and_the_loudness_of_everything(tmp_path: Path) -> None:
    def studio(house: MiniatureHouse) -> Studio:
        sound_ = SoundSettings(loudness_lufs=-20.0, true_peak_dbtp=-1.0)
        return Studio(sound_, ChimeSettings(), ChimeBook(tmp_path / "chimes"), KnownGains(), house.engines, pause_s=0.0)

    async with MiniatureHouse(tmp_path, studio=studio).alive() as house:
        quiet = replace(sound(duration_s=2.0), pcm=b"".join(_tenth(sound(duration_s=2.0).pcm)))
        name = await house.recordings.take_over(quiet)
        await house.announcer.announce(wish("plain", "A sound", recording=name))
        await house.announcer.announce(wish("chimed", "A sound", recording=name, chime="dingdong"))
        await house.until("chimed", State.FINISHED)
        plain, chimed = house.outputs["kitchen"].heard
        assert len(plain) == len(quiet.pcm)
        assert len(chimed) > len(plain)
        assert chimed.endswith(plain[-RATE_HZ:])
        if can_measure():
            assert loudness_lufs([Chunk(quiet.format, plain)]) == pytest.approx(-20.0, abs=0.5)


def _tenth(pcm: bytes) -> list[bytes]:
    return [
        (int.from_bytes(pcm[at : at + 2], "little", signed=True) // 10).to_bytes(2, "little", signed=True)
        for at in range(0, len(pcm), 2)
    ]


async def test_what_was_heard_last_can_be_replayed_though_it_is_a_recording(house: MiniatureHouse) -> None:
    await house.announcer.announce(await recorded(house, "a"))
    await house.until("a", State.FINISHED)
    (again,) = await house.orders.replay(Selection())
    await house.until(again, State.FINISHED)
    assert house.outputs["kitchen"].heard == [sound().pcm] * 2


async def test_a_restart_plays_what_waited_and_sweeps_out_what_nobody_needs(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path / "killed").alive() as house:
        house.outputs["kitchen"].gate = asyncio.Event()
        await house.announcer.announce(await recorded(house, "first", 440.0))
        await house.announcer.announce(await recorded(house, "waits", 880.0))
        await house.recordings.take_over(sound(1000.0))
        left = house.crashed(tmp_path / "crashed")
        shutil.copytree(house.folder / "received", left / "received")
    (left / "received" / ".half.new").write_bytes(b"half")
    async with MiniatureHouse(left).alive() as house:
        assert len(files(house)) == 2
        await house.until("waits", State.FINISHED)
        assert house.outputs["kitchen"].heard[-1] == sound(880.0).pcm


async def test_a_recording_whose_file_is_gone_or_damaged_fails_with_the_reason(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path).alive() as house:
        gone, damaged = await recorded(house, "gone", 440.0), await recorded(house, "damaged", 880.0)
        (house.folder / "received" / f"{gone.recording}.wav").unlink()
        (house.folder / "received" / f"{damaged.recording}.wav").write_bytes(wav_bytes(sound(1000.0)))
        await house.announcer.announce(gone)
        await house.announcer.announce(damaged)
        assert "not kept any more" in (await house.until("gone", State.FAILED)).reason
        assert "damaged" in (await house.until("damaged", State.FAILED)).reason


async def test_of_those_that_are_over_only_the_last_few_stay_on_the_disk(house: MiniatureHouse) -> None:
    for number in range(10):
        await house.announcer.announce(await recorded(house, f"a{number}", 300.0 + number))
        await house.until(f"a{number}", State.FINISHED)
    await until(lambda: len(files(house)) <= SPARE_MAX + 1)


@pytest.fixture
async def small(tmp_path: Path) -> Recordings:
    """Recordings with room for two of our sounds."""
    made = Recordings(tmp_path / "received", 60.0, total_max_bytes=40_000)
    await made.open(())
    return made


async def test_sounds_that_wait_take_a_bounded_room_on_the_disk(small: Recordings) -> None:
    for id_, hz in (("a", 440.0), ("b", 880.0)):
        small.hold(wish(id_, "A sound", recording=await small.take_over(sound(hz))))
    with pytest.raises(StorageError, match="wait to be played"):
        await small.take_over(sound(1000.0))
    assert await small.take_over(sound(440.0)), "what is there already needs no room"


async def test_a_disk_that_takes_nothing_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "received").write_text("no folder")
    recordings = Recordings(tmp_path / "received", 60.0)
    await recordings.open(())
    with pytest.raises(StorageError, match="could not be written"):
        await recordings.take_over(sound())


async def test_the_id_of_one_that_is_known_takes_no_second_recording_and_loses_none(house: MiniatureHouse) -> None:
    house.outputs["kitchen"].gate = gate = asyncio.Event()
    one = await recorded(house, "a", 440.0)
    assert await house.announcer.announce(one)
    assert not await house.announcer.announce(one)
    gate.set()
    await house.until(AnnouncementId("a"), State.FINISHED)
    assert house.outputs["kitchen"].heard == [sound().pcm]


async def test_the_same_sound_taken_over_again_outlives_the_end_of_the_first(small: Recordings) -> None:
    first = wish("a", "A sound", recording=await small.take_over(sound(440.0)))
    small.hold(first)
    again = wish("b", "A sound", recording=await small.take_over(sound(440.0)))
    small.note(Step(first.id, State.FINISHED, 0.0))
    await small.take_over(sound(880.0))
    with pytest.raises(StorageError, match="wait to be played"):
        await small.take_over(sound(1000.0))
    small.check(again)


async def test_what_is_replayed_while_others_make_room_is_not_removed(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path / "received", 60.0)
    await recordings.open(())
    over = [
        wish(f"a{number}", "A sound", recording=await recordings.take_over(sound(300.0 + number)))
        for number in range(SPARE_MAX + 3)
    ]
    for announcement in over:
        recordings.hold(announcement)
        recordings.note(Step(announcement.id, State.FINISHED, 0.0))
    making_room = asyncio.create_task(recordings._make_room(1))
    await asyncio.sleep(0)  # the first of them is being removed
    again = replace(over[1], id=AnnouncementId("again"))
    recordings.check(again)
    recordings.hold(again)
    await making_room
    with pytest.raises(BadRequestError, match="not kept any more"):
        recordings.check(over[0])
    assert (await recordings.load(str(again.recording))).sound.pcm == sound(301.0).pcm


async def test_what_cannot_be_swept_out_costs_nobody_a_recording(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "received"
    before = Recordings(folder, 60.0)
    waits = wish("a", "A sound", recording=await before.take_over(sound(440.0)))
    await before.take_over(sound(880.0))
    (folder / "lost+found").mkdir()
    recordings = Recordings(folder, 60.0)
    await recordings.open((waits,))
    assert await recordings.load(str(waits.recording))
    assert sorted(file.name for file in folder.iterdir()) == sorted([f"{waits.recording}.wav", "lost+found"])
    assert "cannot be swept" in caplog.text


async def test_what_could_not_be_read_again_is_not_taken(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path / "received", 3600.0)
    with pytest.raises(BadRequestError, match="more than 64 MiB"):
        await recordings.take_over(Chunk(AudioFormat(48_000), bytes(MAX_BYTES)))


async def test_a_long_recording_is_heard_sample_for_sample_and_in_pieces(house: MiniatureHouse) -> None:
    long = sound(440.0, duration_s=WHOLE_MAX_S + 0.3)
    playback = Playback(Clip(long.format, long.pcm), 0.0)
    assert max([chunk.duration_s async for chunk in playback.chunks()]) == PIECE_S
    await house.announcer.announce(wish("a", "A sound", recording=await house.recordings.take_over(long)))
    await house.until("a", State.FINISHED)
    assert house.outputs["kitchen"].heard == [long.pcm]


async def test_a_replay_takes_nothing_from_whoever_has_just_taken_the_same_sound_over(small: Recordings) -> None:
    first = wish("a", "A sound", recording=await small.take_over(sound(440.0)))
    small.hold(first)
    small.note(Step(first.id, State.FINISHED, 0.0))
    again, other = replace(first, id=AnnouncementId("again")), wish("b", "A sound", recording=first.recording)
    assert await small.take_over(sound(440.0)) == other.recording
    small.claim(again)
    small.hold(again)
    small.note(Step(again.id, State.FINISHED, 0.0))
    await small.take_over(sound(880.0))
    with pytest.raises(StorageError, match="wait to be played"):
        await small.take_over(sound(1000.0))
    small.check(other)
