"""Captured sound: what is heard at the sink of a real PulseAudio of announcements of a whole house.

A second output of the zone writes the same sound to a file: what is captured must hold it sample for sample, which
leaves no room for gaps and clicks on the way to the sink; the sounds are smooth, so that a click of ours is seen.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from announced import wish
from clicks import clicks, silences
from loudness_meter import measured
from sound_servers import PulseServer, alsa_config_of_sinks, recording
from sounds import samples_of, without_silence
from waiting import until
from whistle import RATE_HZ, Amplified, Whistle, soft_tone

from voxd.announcing.progress import Step
from voxd.announcing.studio.passages import passage
from voxd.app import House
from voxd.audio.seams import PAUSE_S
from voxd.audio.wav import parse, wav_bytes
from voxd.model.announcement import Priority, State
from voxd.model.audio import AudioFormat
from voxd.model.identifiers import ZoneId
from voxd.settings import Settings
from voxd.settings.engines import EspeakSettings
from voxd.synthesis.engine import Engine
from voxd.synthesis.engines.espeak import EspeakEngine

pytestmark = [pytest.mark.journey, pytest.mark.realtime]

TARGET_LUFS, LIMIT_DBTP = -20.0, -1.0
CHIME_S = 0.8
SOFT_ALARMS = {"coalesce_s": 0.0, "chimes": {"alarm": "soft"}, "alarms": {"repeat_max": 0}}


def settings_of(folder: Path, **more: Any) -> Settings:
    """A house with one zone of a device and a file, no doors but its control socket, and a soft chime of its own."""
    places = {name: str(folder / name) for name in ("state", "cache", "chimes")}
    (folder / "chimes").mkdir(exist_ok=True)
    (folder / "chimes/soft.wav").write_bytes(wav_bytes(soft_tone(620, CHIME_S)))
    device = {"type": "device", "device": "default"}
    given: dict[str, Any] = {
        "mqtt": {"enabled": False},
        "wyoming": {"enabled": False},
        "satellite": {"enabled": False},
        "paths": places | {"runtime": str(folder / "run")},
        "speech": {"voice": "whistle-one", "last_resort": None},
        "zones": {"room": {"outputs": [device, "file"]}},
        "playback": {"latency_ms": 500, "idle_close_s": 60.0},
        "announcements": SOFT_ALARMS,
    }
    return Settings.model_validate(given | more)


class Living:
    """A house that is alive, and its steps."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.steps: list[Step] = []
        house.progress.listen(self.steps.append)

    async def announce(self, id_: str, text: str, **more: Any) -> None:
        """Have it said."""
        await self.house.announcer.announce(wish(id_, text, **more))

    async def until(self, id_: str, state: State) -> None:
        """Wait for a step."""
        await until(lambda: any((step.announcement, step.state) == (id_, state) for step in self.steps), 120)

    async def say(self, id_: str, text: str, **more: Any) -> bytes:
        """Have it said, and wait until it was heard; gives what the file holds of it."""
        before = set(self.files())
        await self.announce(id_, text, **more)
        await self.until(id_, State.FINISHED)
        (file,) = set(self.files()) - before
        return parse(file.read_bytes()).pcm

    def files(self) -> list[Path]:
        """What the output of kind file has written."""
        return sorted(self.house.paths.recordings.glob("*.wav"))


Engines = Callable[[Settings], Mapping[str, Engine]]


@asynccontextmanager
async def living(folder: Path, engines: dict[str, Engine], **more: Any) -> AsyncIterator[Living]:
    """A house with these engines."""
    settings = settings_of(folder, **more)
    house = House(settings, lambda: settings, make_engines=lambda _: engines)
    running = asyncio.create_task(house.daemon.run())
    try:
        ready = asyncio.create_task(house.daemon.ready.wait())
        await asyncio.wait({running, ready}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        assert house.daemon.ready.is_set(), running
        yield Living(house)
    finally:
        house.daemon.ask_to_stop()
        await asyncio.wait_for(running, 30)


@pytest.fixture
def pulse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseServer]:
    """A PulseAudio whose sink has the whistle's rate, as this process's default device."""
    server = PulseServer(tmp_path / "pulse", RATE_HZ)
    server.start()
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    yield server
    server.kill()


def tail(pcm: bytes) -> bytes:
    """Sound without the zeros at its beginning and its end."""
    return without_silence(pcm)


async def test_there_is_no_gap_and_no_click_between_chime_and_sentences(pulse: PulseServer, tmp_path: Path) -> None:
    whistle = Whistle()
    with recording(pulse, tmp_path / "heard") as recorder:
        async with living(tmp_path, {"whistle": whistle}) as house:
            await house.say("before", "This tells how quick the engine is.")
            whistle.first_s = 0.5  # the chime is heard meanwhile
            written = await house.say("one", "One. Two. Three.", chime="soft")
            await asyncio.sleep(0.2)
        heard = recorder.stop()
    assert tail(written) in heard
    sound = samples_of(tail(written))
    assert not clicks(sound)
    assert not clicks(samples_of(heard))
    seams = silences(sound, round(0.01 * RATE_HZ))
    assert len(seams) == 2
    chime_and_first_s = seams[0][0] / RATE_HZ
    assert chime_and_first_s == pytest.approx(CHIME_S + 1.2, abs=0.01)


async def test_there_is_no_click_where_an_alarm_interrupts_and_where_the_rest_goes_on(
    pulse: PulseServer, tmp_path: Path
) -> None:
    with recording(pulse, tmp_path / "heard") as recorder:
        async with living(tmp_path, {"whistle": Whistle()}) as house:
            await house.say("before", "Ready.")
            await house.announce("long", "One. Two. Three.")
            await house.until("long", State.PLAYING)
            await asyncio.sleep(2.0)
            known = len(house.files())
            await house.announce("alarm", "Fire.", priority=Priority.ALARM)
            await house.until("long", State.FINISHED)
            alarm, resumed = (tail(parse(file.read_bytes()).pcm) for file in house.files()[known:])
            await asyncio.sleep(0.2)
        heard = recorder.stop()
    assert heard.index(alarm) < heard.index(resumed)
    assert len(resumed) / 2 / RATE_HZ == pytest.approx(2 * 1.2 + PAUSE_S, abs=0.1)
    assert not clicks(samples_of(heard))


VOICES = {
    "english": ("espeak-en-us", "front-left"),
    "german": ("espeak-de", "front-right"),
    "chinese": ("espeak-cmn", "rear-left"),
    "quiet": ("quiet-en-us", "rear-right"),
    "loud": ("loud-de", "front-center"),
}
"""By zone: its voice, and the channel of the one sink on which it is heard."""


@pytest.mark.lengthy
async def test_every_voice_is_as_loud_as_the_others_and_never_above_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    channels = {zone: channel for zone, (_, channel) in VOICES.items()}
    server = PulseServer(tmp_path / "pulse", RATE_HZ, len(VOICES), channels)
    server.start()
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(alsa_config_of_sinks(tmp_path / "asoundrc", server, *VOICES)))
    zones = {zone: {"outputs": [{"type": "device", "device": zone}]} for zone in VOICES}
    try:
        async with living(tmp_path, espeak_and_others(), zones=zones, speech={"voice": "espeak-en-us"}) as house:
            house.house.measuring._quiet_s = 0.1  # the house need not rest for long
            voices = {zone: house.house.announcer.speech.voice(name) for zone, (name, _) in VOICES.items()}
            for voice in voices.values():
                house.house.measuring.note_use(voice)
            await until(lambda: all(map(house.house.measuring._levels.knows, voices.values())), 60)
            with recording(server, tmp_path / "heard") as recorder:
                for zone, voice in voices.items():
                    text = " ".join(passage(voice.language))
                    await house.announce(zone, text, voice=voice.name, zones=(ZoneId(zone),))
                for zone in VOICES:
                    await house.until(zone, State.FINISHED)
                heard = np.frombuffer(recorder.stop(), "<i2")
    finally:
        server.kill()
    heard = heard[: len(heard) // len(VOICES) * len(VOICES)].reshape(-1, len(VOICES))
    found = {zone: measured(heard[:, at].tobytes(), AudioFormat(RATE_HZ)) for at, zone in enumerate(VOICES)}
    assert all(abs(reading.loudness_lufs - TARGET_LUFS) < 0.5 for reading in found.values()), found
    assert all(reading.true_peak_dbtp <= LIMIT_DBTP for reading in found.values()), found


@pytest.mark.lengthy
async def test_every_chime_repeated_to_three_seconds_is_as_loud_and_never_above_the_limit(
    pulse: PulseServer, tmp_path: Path
) -> None:
    mute = Whistle()
    mute.amplitude = 0
    found = {}
    async with living(tmp_path, {"whistle": mute}, playback={"latency_ms": 250, "lead_out_ms": 100}) as house:
        for name in house.house.studio.chimes():
            with recording(pulse, tmp_path / name) as recorder:
                await house.say(name, "Nothing.", chime=name)
                heard = recorder.stop()
            length = len((await house.house.studio._book.chime(name, RATE_HZ)).sound.pcm)
            sounding = np.flatnonzero(samples_of(heard))[0]
            chime = heard[2 * sounding :][:length]
            found[name] = measured(chime * math.ceil(3 * 2 * RATE_HZ / length), AudioFormat(RATE_HZ))
    assert {"siren", "soft", "ding"} <= found.keys()
    assert all(abs(reading.loudness_lufs - TARGET_LUFS) < 0.5 for reading in found.values()), found
    assert all(reading.true_peak_dbtp <= LIMIT_DBTP for reading in found.values()), found


def espeak_and_others() -> dict[str, Engine]:
    """espeak, and engines with the same voices that speak far too softly, and so loud that it is cut off."""
    espeak = EspeakEngine("espeak", EspeakSettings())
    return {"espeak": espeak, "quiet": Amplified("quiet", espeak, 0.1), "loud": Amplified("loud", espeak, 3.0)}


def test_a_click_and_a_gap_would_be_seen() -> None:
    sound = samples_of(soft_tone(500, 1.0).pcm)
    assert not clicks(sound)
    assert not silences(sound, 100)
    assert clicks(np.delete(sound, range(11_000, 11_010)))
    assert clicks(sound[:11_000])
    ((begin, end),) = silences(np.concatenate((sound, np.zeros(300, dtype=np.int16), sound)), 200)
    assert 300 <= end - begin < 330
    louder = sound.copy()
    louder[11_000:] = np.rint(louder[11_000:] * 1.4)
    assert clicks(louder)
