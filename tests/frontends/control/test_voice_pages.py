"""Voices over the control socket: enrolled, listed, shown, tried, removed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from cloning import CloningSine, files_below
from miniature_house import MiniatureHouse
from remembering_orders import RememberingOrders

from voxd.commands.control_client import ControlClient
from voxd.errors import VoxdError
from voxd.frontends.control.frontend import ControlFrontend
from voxd.frontends.control.order_pages import OrderPages
from voxd.frontends.control.voice_pages import VoicePages
from voxd.synthesis.engine_room import EngineRoom

MUM = {"name": "mum", "consent": "Anna", "transcript": "Hello, it's me & you = 100 %"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[MiniatureHouse]:
    async with MiniatureHouse(tmp_path, others=[CloningSine()]).alive() as living:
        yield living


@pytest.fixture
async def client(house: MiniatureHouse, tmp_path: Path) -> AsyncIterator[ControlClient]:
    path = tmp_path / "run" / "control.sock"
    told = house.progress, EngineRoom({}), VoicePages(house.voice_desk), OrderPages(RememberingOrders()), "1.2.3"
    frontend = ControlFrontend(path, house.announcer, house.renderer, *told)
    await frontend.start()
    serving = asyncio.create_task(frontend.run())
    yield ControlClient(path)
    await frontend.stop()
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving


async def test_a_voice_is_enrolled_and_tried(client: ControlClient, house: MiniatureHouse) -> None:
    done = await asyncio.to_thread(client.enroll, MUM | {"seed": "5", "fallbacks": "sine-anna"}, b"a recording")
    assert (done["name"], done["revision"], done["engine"], done["consent"]) == ("mum", 1, "voxcpm", "Anna")
    assert done["notes"] == ["There is some noise"]
    assert done["trial"]["similarity"] == 0.8
    assert done["trial"]["duration_s"] > 0
    assert done["trial"]["text"].startswith("The washing machine")
    kept = house.register.get("mum")
    assert kept
    assert (kept.transcript, kept.seed, kept.fallbacks) == (MUM["transcript"], 5, ("sine-anna",))
    listed = await asyncio.to_thread(client.voices)
    mum = next(voice for voice in listed["voices"] if voice["name"] == "mum")
    assert (mum["engine"], mum["revision"]) == ("voxcpm", 1)
    assert listed["problems"] == []


async def test_what_is_known_of_a_voice_is_shown_but_never_its_vector(
    client: ControlClient, house: MiniatureHouse
) -> None:
    for clip in (b"one", b"two"):
        await asyncio.to_thread(client.enroll, MUM, clip)
    house.speech.style("mum@1", None, None)
    house.speech.style("mum@1", None, None)
    shown = await asyncio.to_thread(client.voice, "mum")
    assert (shown["speaker"], shown["enrolled"]["consent"]) == ("mum@2", "Anna")
    assert [before["revision"] for before in shown["history"]] == [1]
    assert [(wish["as"], wish["times"]) for wish in shown["old_names_asked_for"]] == [("mum@1", 2)]
    assert "vector" not in str(shown)
    assert "enrolled" not in await asyncio.to_thread(client.voice, "sine-anna")


async def test_a_voice_is_tried_with_a_text_of_ones_own(client: ControlClient, house: MiniatureHouse) -> None:
    trial = await asyncio.to_thread(client.test, "sine-anna", "It is 5 °C.")
    assert "five degrees" in trial["text"]
    assert trial["similarity"] is None
    assert "no reference clip" in trial["remark"]


async def test_a_removed_voice_is_gone_with_its_files(
    client: ControlClient, house: MiniatureHouse, tmp_path: Path
) -> None:
    house.voices_folder.make()
    (house.voices_folder.path / "mum.wav").write_bytes(b"a recording")
    (house.voices_folder.path / "mummy.wav").write_bytes(b"a recording")
    await asyncio.to_thread(client.enroll, MUM, b"a recording")
    await asyncio.to_thread(client.remove, "mum")
    assert house.register.get("mum") is None
    assert [file for file in files_below(tmp_path) if file.endswith(".wav")] == ["voices/mummy.wav"]
    for ask in (client.remove, client.voice):
        with pytest.raises(VoxdError, match="removed"):
            await asyncio.to_thread(ask, "mum")


@pytest.mark.parametrize("name", ["../mum", "a/b", "mum@2", "mum\n", "%2e%2e", ""])
async def test_a_name_is_never_a_path(client: ControlClient, name: str, tmp_path: Path) -> None:
    def kept() -> list[str]:
        return [file for file in files_below(tmp_path) if not file.startswith("journal.")]  # which makes its own

    before = kept()
    for ask in (lambda: client.enroll(MUM | {"name": name}, b"a recording"), lambda: client.remove(name)):
        with pytest.raises(VoxdError):
            await asyncio.to_thread(ask)
    assert kept() == before


async def test_a_clip_of_32_mib_is_taken_and_a_larger_one_gets_its_sentence(
    client: ControlClient, house: MiniatureHouse
) -> None:
    large = b"x" * (32 * 1024 * 1024)
    assert (await asyncio.to_thread(client.enroll, MUM, large))["revision"] == 1
    with pytest.raises(VoxdError, match="5 to 20 seconds are enough"):
        await asyncio.to_thread(client.enroll, MUM, large + b"x")
    assert house.clips.asked == 1


async def test_a_refused_clip_is_a_sentence(client: ControlClient) -> None:
    with pytest.raises(VoxdError, match="not a sound file"):
        await asyncio.to_thread(client.enroll, MUM, b"bad")
    with pytest.raises(VoxdError, match="consent is missing: who allowed that this voice is used; name is missing"):
        await asyncio.to_thread(client.enroll, {}, b"a recording")


async def test_a_fallback_must_be_a_voice_and_another_one(client: ControlClient) -> None:
    with pytest.raises(VoxdError, match='There is no voice "nobody"'):
        await asyncio.to_thread(client.enroll, MUM | {"fallbacks": "nobody"}, b"a recording")
    with pytest.raises(VoxdError, match="its own fallback"):
        await asyncio.to_thread(client.enroll, MUM | {"fallbacks": "mum"}, b"a recording")
