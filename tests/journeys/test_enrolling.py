"""Enrolling as owners do it: with good clips and bad ones, by command line, MQTT and folder; anew, and away again."""

import asyncio
import base64
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from announcements import BASE, Events, say, wait_until_online
from brokers import Broker, Peer
from cloning import files_below
from daemons import DaemonProcess
from hubs import hub, read, rendered
from reference_clips import speech
from sound_files import Sound, decoded, encoded, silent_flac, spoken
from wyoming.info import Describe, Info

pytestmark = pytest.mark.journey

TESTS = Path(__file__).parent.parent
READY_WITHIN_S = 60.0


@pytest.fixture
def house(tmp_path: Path, broker: Broker) -> Iterator[DaemonProcess]:
    """A daemon with an engine that clones pitches, where everybody may enrol."""
    settings = {
        "mqtt": {"port": broker.port, "enroll": True},
        "engines": {"espeak": {"type": "espeak"}, "sine": {"type": "python", "model": "models_for_tests:SineModel"}},
    }
    with DaemonProcess(tmp_path / "voxd", settings=settings, environment={"PYTHONPATH": str(TESTS)}) as daemon:
        wait_until_online(broker.port)
        daemon.run_until(lambda status: status["engines"]["sine"]["state"] == "ready", READY_WITHIN_S)
        yield daemon


@pytest.fixture(scope="module")
def said() -> tuple[Sound, int]:
    """What somebody said, and its rate."""
    return spoken()


def with_nan(samples: Sound) -> Sound:
    """The same with a sample that is no number."""
    spoilt = samples.copy()
    spoilt[5000] = np.nan
    return spoilt


def test_ten_bad_clips_get_a_sentence_each_and_nothing_half_enrolled_is_left(
    house: DaemonProcess, tmp_path: Path, said: tuple[Sound, int]
) -> None:
    samples, rate_hz = said
    clips = {
        "is empty": b"",
        "is text, not a recording": b"Dear diary, today I recorded my voice.\n" * 40,
        "lasts only 0.20 s": encoded(samples[: rate_hz // 5], rate_hz),
        "is silent": encoded(np.zeros(5 * 48_000), 48_000),
        "no numbers (1 are NaN": encoded(with_nan(samples), rate_hz, subtype="FLOAT"),
        "lasts 3 h 00 min": silent_flac(3 * 3600),
        "damaged or cut off": speech()[:30],
    }
    file = tmp_path / "clip.wav"
    for sentence, clip in clips.items():
        file.write_bytes(clip)
        done = house.run_verb("voices", "enroll", "mum", "--reference", str(file))
        assert (done.returncode, done.stdout) == (1, "")
        assert sentence in done.stderr, done.stderr
        assert done.stderr.count("\n") == 1
    file.write_bytes(speech())
    for name in ("../mum", "mum@2"):
        done = house.run_verb("voices", "enrol", name, "--reference", str(file))
        assert done.returncode == 1
        assert "cannot be the name of a voice" in done.stderr
    assert files_below(house.state / "enrolled") == []
    assert files_below(house.cache / "embeddings") == []
    assert "mum" not in house.run_verb("voices").stdout

    odd = {
        "8 bit": encoded(samples, rate_hz, subtype="PCM_U8"),
        "6 channels": encoded(np.tile(samples[:, None], 6), rate_hz),
    }
    for sentence, clip in odd.items():
        file.write_bytes(clip)
        done = house.run_verb("voices", "enroll", "mum", "--reference", str(file))
        assert done.returncode == 0, done.stderr
        assert sentence in done.stdout, "what is odd is made into a clip, and told"


def test_enrolled_anew_a_voice_is_listed_by_its_revision_and_old_names_are_told(
    house: DaemonProcess, broker: Broker, events: Events, tmp_path: Path
) -> None:
    low, high = tmp_path / "low.wav", tmp_path / "high.wav"
    low.write_bytes(speech("en-us+m3"))
    high.write_bytes(speech("en-us+f2"))
    enroll = ("voices", "enroll", "mum", "--language", "en", "--consent", "Anna, on the phone")
    assert house.run_verb(*enroll, "--reference", str(low)).returncode == 0
    assert "mum was already enrolled at revision 1" in house.run_verb(*enroll, "--reference", str(low)).stdout
    first = asyncio.run(rendered(house, "Hello there.", "mum"))
    done = house.run_verb(*enroll, "--reference", str(high), "--seed", "4")
    assert done.returncode == 0, done.stderr
    assert "revision 2" in done.stdout
    assert "Anna, on the phone" in done.stdout
    assert "sounds like its clip" in done.stdout
    assert asyncio.run(rendered(house, "Hello there.", "mum")) != first, "no cache gives the old sound"

    names = [voice.name for program in asyncio.run(told(house)).tts for voice in program.voices]
    assert names.index("mum@2") == names.index("mum") + 1
    say(broker.port, json.dumps({"text": "Hello", "voice": "mum@1"}))
    assert events.until("warning")["reason"].startswith("mum@1 was asked for; mum is at revision 2")
    finished = events.until("finished")
    assert (finished["voice"], finished.get("spoken_by")) == ("mum", None)

    shown = house.run_verb("voices", "show", "mum").stdout
    for words in ("Anna, on the phone", "revision 1", "revision 2", "as mum@1 once"):
        assert words in shown
    tried = house.run_verb("voices", "test", "mum", "How", "are", "you?")
    assert tried.returncode == 0, tried.stderr
    assert "of real time" in tried.stdout
    assert len(files_below(house.state / "enrolled")) == 3, "of the old revision only its facts are kept"

    assert house.run_verb("voices", "remove", "mum").returncode == 0
    assert [Path(file).name for file in files_below(house.state / "enrolled")] == ["removed.json"]
    assert files_below(house.cache / "embeddings") == []
    say(broker.port, json.dumps({"text": "Hello", "voice": "mum"}))
    assert "was removed on" in events.until("refused")["reason"]
    house.stop()
    house.start()
    assert "mum" not in house.run_verb("voices").stdout


async def told(house: DaemonProcess) -> Info:
    """What the daemon tells of itself over Wyoming."""
    async with hub(house) as client:
        await client.write_event(Describe().event())
        return Info.from_event(await read(client))


def test_voices_come_over_mqtt_and_by_the_folder_without_a_restart(
    house: DaemonProcess, broker: Broker, events: Events
) -> None:
    clip = encoded(*decoded(speech()), kind="OGG", subtype="VORBIS")
    with Peer(broker.port) as peer:
        peer.subscribe(f"{BASE}/response/enroll")
        wish = {"name": "dad", "clip": base64.b64encode(clip).decode(), "consent": "Dad", "transaction": 1}
        peer.publish(f"{BASE}/request/enroll", json.dumps(wish))
        answer = json.loads(peer.next(60.0).payload)
    assert (answer["status"], answer["data"]["name"]) == ("ok", "dad"), answer

    folder = house.state / "voices"
    (folder / "broken.wav").write_bytes(b"no sound at all, but words")
    (folder / "mum.yaml").write_text("consent: Mum herself\nlanguage: en\n")
    shutil.copyfile(_written(folder.parent / "recording.wav"), folder / "mum.wav")
    wait_for_log(house, "mum is enrolled at revision 1 (file)")
    say(broker.port, json.dumps({"text": "Hello", "voice": "mum"}))
    assert events.until("finished")["voice"] == "mum"
    assert "Mum herself" in house.run_verb("voices", "show", "mum").stdout
    listed = house.run_verb("voices")
    assert "broken.wav: This is text, not a recording" in listed.stderr
    assert house.log.count("broken.wav: This is text") == 1
    assert house.run_verb("voices", "remove", "mum").returncode == 0
    assert [file.name for file in folder.iterdir()] == ["broken.wav"]


def wait_for_log(house: DaemonProcess, words: str) -> None:
    """Wait until the daemon has logged that."""
    end_s = time.monotonic() + READY_WITHIN_S
    while words not in house.log:
        assert time.monotonic() < end_s, house.log
        time.sleep(0.1)


def _written(file: Path) -> Path:
    file.write_bytes(speech())
    return file


def test_without_a_daemon_nobody_is_enrolled_but_the_voices_are_listed(house: DaemonProcess, tmp_path: Path) -> None:
    clip = _written(tmp_path / "mum.wav")
    assert house.run_verb("voices", "enroll", "mum", "--reference", str(clip)).returncode == 0
    house.stop()
    for verb in (("enroll", "dad", "--reference", str(clip)), ("remove", "mum"), ("test", "mum")):
        done = house.run_verb("voices", *verb)
        assert done.returncode == 1
        assert "The daemon looks after the voices" in done.stderr
    listed = house.run_verb("voices").stdout
    assert "mum" in listed
    assert "revision 1, sine" in listed
    said = house.run_verb("say", "--voice", "mum", "-o", str(tmp_path / "said.wav"), "Hello")
    assert said.returncode == 0, said.stderr
    assert len((tmp_path / "said.wav").read_bytes()) > 10_000
