"""Promises of outputs of type auto: a device where there is one, files until there is."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sounds import noise, sound_of

from voxd.delivery.ensemble import Ensemble
from voxd.delivery.outputs.automatic import AutomaticOutput
from voxd.errors import OutputError
from voxd.model.audio import Chunk

SOUND = noise(0.1)


class Speaker:
    """Is plugged in or not."""

    name = "hall"

    def __init__(self, plugged: bool = True) -> None:
        self.plugged = plugged
        self.heard = b""
        self.starts = 0

    async def start(self) -> None:
        self.starts += 1
        if not self.plugged:
            raise OutputError("no device")

    async def stop(self) -> None:
        """Nothing to undo."""

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        await self.start()
        async for chunk in sound:
            self.heard += chunk.pcm


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    file = tmp_path / "cards"
    file.write_text("--- no soundcards ---")
    return file


async def test_a_device_that_is_plugged_in_later_is_used_from_then_on(
    cards: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    device, files = Speaker(plugged=False), Speaker()
    output = AutomaticOutput(device, files, cards)
    await output.start()
    await output.play(sound_of(SOUND))
    for _ in range(3):
        await output.look()
    assert device.starts == 1, "nothing has changed that would be worth a try"
    device.plugged = True
    cards.write_text(" 0 [USB]")
    await output.look()
    await output.play(sound_of(SOUND))
    assert (device.heard, files.heard) == (SOUND.pcm, SOUND.pcm)
    assert "hall has a sound device now" in caplog.text


async def test_a_device_that_has_worked_and_is_lost_is_waited_for_instead_of_writing_files(cards: Path) -> None:
    device, files = Speaker(), Speaker()
    output = AutomaticOutput(device, files, cards)
    await output.start()
    device.plugged = False
    with pytest.raises(OutputError, match="no device"):
        await output.play(sound_of(SOUND))
    with pytest.raises(OutputError, match="no device"):
        await output.start()
    device.plugged = True
    await output.start()
    await output.play(sound_of(SOUND))
    assert (device.heard, files.heard) == (SOUND.pcm, b"")


async def test_a_file_keeps_no_ensemble_waiting(cards: Path) -> None:
    files = Speaker()
    output = AutomaticOutput(Speaker(plugged=False), files, cards)
    await output.start()
    ensemble = Ensemble(2)
    await output.play_in_step(sound_of(SOUND), ensemble)
    assert files.heard == SOUND.pcm
    with ensemble.part("other") as part:
        assert part is not None
