"""Speaker embeddings: made once, kept, verified, bounded."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from models_for_tests import RATE_HZ, SineModel, heard_hz, pitch_hz, sine

from voxd.neural.embedding_file import StoredEmbedding, from_bytes, metadata, to_bytes
from voxd.neural.embedding_folder import EmbeddingFolder
from voxd.neural.embeddings import EmbeddingOf, Embeddings, embedding_key
from voxd.neural.faults import FaultError
from voxd.neural.speech_model import CLIP_RATE_HZ, ModelFacts, Samples
from voxd.wire.wyoming.host_events import Fault

KEY = "ab" * 32
STORED = StoredEmbedding({"feat": np.arange(24, dtype=np.float32).reshape(2, 3, 4)}, "mum@1", 1.25)


class House:
    """A model and its embeddings; a new one for each life of a process."""

    def __init__(self, folder: Path, memory_max_bytes: int = 1_000_000) -> None:
        self.folder = folder / "embeddings"
        self._log = folder / "log"
        self.model = SineModel(log=str(self._log), embedding_mb=0.4)
        self.facts = self.model.load(lambda _: None)
        self.embeddings = Embeddings(self.model, EmbeddingFolder(self.folder), memory_max_bytes)

    def of(self, voice: str, pitch: float) -> EmbeddingOf:
        return EmbeddingOf(voice, "", embedding_key(str(pitch).encode(), "", "python", self.facts))

    def know(self, voice: str, pitch: float) -> str:
        return self.embeddings.found_or_made(self.of(voice, pitch), lambda: clip(pitch))

    def derived(self) -> int:
        return self._log.read_text().count("derive")

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.safetensors"))

    def heard_hz(self, of: EmbeddingOf) -> float:
        prepared = self.embeddings.prepared(of)
        spoken = self.model.speak("Hello", language="en", speaker="", prepared=prepared, seed=1)
        return heard_hz(np.concatenate(list(spoken)), RATE_HZ)


def clip(pitch: float) -> Samples:
    return sine(pitch, 1.0, CLIP_RATE_HZ)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_an_embedding_is_made_once_and_found_after_a_restart(house: House, tmp_path: Path) -> None:
    assert house.know("mum@1", 440) == "clip"
    assert house.know("mum@1", 440) == "memory"
    restarted = House(tmp_path)
    assert restarted.know("mum@1", 440) == "disk"
    assert restarted.derived() == 1
    assert abs(restarted.heard_hz(restarted.of("mum@1", 440)) - pitch_hz("Hello", 440)) < 8


def test_figures_tell_hits_misses_and_what_they_cost_and_saved(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.model = SineModel(derive_s=0.05)
    house.embeddings = Embeddings(house.model, EmbeddingFolder(house.folder), 1_000_000)
    house.know("mum@1", 440)
    house.know("mum@1", 440)
    again = House(tmp_path)
    again.know("mum@1", 440)
    made, found = house.embeddings.figures, again.embeddings.figures
    assert (made.held, made.hits, made.misses) == (1, 1, 1)
    assert made.encoding_s >= 0.05
    assert (found.hits, found.misses) == (1, 0)
    assert found.saved_s == pytest.approx(made.encoding_s)


def test_what_does_not_fit_into_memory_is_prepared_again_from_disk(tmp_path: Path) -> None:
    house = House(tmp_path, memory_max_bytes=1_000_000)  # two of 400 kB
    for voice, pitch in (("a", 440), ("b", 550), ("c", 660)):
        house.know(voice, pitch)
    assert house.embeddings.figures.held == 2
    assert abs(house.heard_hz(house.of("a", 440)) - pitch_hz("Hello", 440)) < 8
    assert house.embeddings.figures.held == 2
    assert house.derived() == 3


def test_a_memory_of_nothing_works_too(tmp_path: Path) -> None:
    house = House(tmp_path, memory_max_bytes=0)
    house.know("a", 440)
    assert house.embeddings.figures.held == 0
    assert abs(house.heard_hz(house.of("a", 440)) - pitch_hz("Hello", 440)) < 8


def test_an_embedding_that_got_lost_is_asked_for_again(house: House) -> None:
    house.know("mum@1", 440)
    house.embeddings.drop()
    house.files()[0].unlink()
    with pytest.raises(FaultError) as raised:
        house.embeddings.prepared(house.of("mum@1", 440))
    assert raised.value.fault is Fault.UNKNOWN_VOICE


def test_a_forgotten_voice_is_nowhere_even_after_a_restart(house: House, tmp_path: Path) -> None:
    house.know("mum@1", 440)
    house.know("dad@1", 550)
    restarted = House(tmp_path)
    restarted.embeddings.forget("mum@1", None, frozenset())
    assert [path.stem for path in restarted.files()] == [house.of("dad@1", 550).key]


def test_an_embedding_that_two_voices_share_stays_for_the_other(house: House) -> None:
    house.know("mum@1", 440)
    house.know("mother@1", 440)
    key = house.of("mum@1", 440).key
    house.embeddings.forget("mum@1", key, frozenset({key}))
    assert len(house.files()) == 1
    house.embeddings.forget("mother@1", key, frozenset())
    assert house.files() == []
    assert house.embeddings.figures.held == 0


def cut(data: bytes) -> bytes:
    return data[:-1]


def emptied(_: bytes) -> bytes:
    return b""


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes((data[-1] ^ 1,))


@pytest.mark.parametrize("damage", [cut, emptied, flipped])
def test_a_damaged_file_is_made_again(house: House, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    house.know("mum@1", 440)
    (file,) = house.files()
    file.write_bytes(damage(file.read_bytes()))
    restarted = House(tmp_path)
    assert restarted.know("mum@1", 440) == "clip"
    assert restarted.derived() == 2
    assert House(tmp_path).know("mum@1", 440) == "disk"


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "embeddings").write_text("in the way")
    house = House(tmp_path)
    assert house.know("mum@1", 440) == "clip"
    assert house.know("mum@1", 440) == "memory"
    house.embeddings.drop()
    assert abs(house.heard_hz(house.of("mum@1", 440)) - pitch_hz("Hello", 440)) < 8
    assert house.derived() == 1


FACTS = ModelFacts("sine", 16_000, ("en",), (), "cpu", "float32", weights="sine")
KEYS = [
    embedding_key(b"clip", "", "python", FACTS),
    embedding_key(b"another", "", "python", FACTS),
    embedding_key(b"clip", "other words", "python", FACTS),
    embedding_key(b"clip", "", "voxcpm", FACTS),
    embedding_key(b"clip", "", "python", replace(FACTS, weights="others")),
    embedding_key(b"clip", "", "python", replace(FACTS, embedding_scheme=2)),
]


def test_the_key_changes_with_everything_that_changes_the_embedding_and_nothing_else() -> None:
    assert len(set(KEYS)) == len(KEYS)
    assert embedding_key(b"clip", "", "python", replace(FACTS, fingerprint="other", device="cuda")) == KEYS[0]


def test_a_file_gives_back_what_was_put_in() -> None:
    data = to_bytes(KEY, STORED)
    found = from_bytes(KEY, data)
    assert found is not None
    np.testing.assert_array_equal(found.arrays["feat"], STORED.arrays["feat"])
    assert (found.voice, found.encoding_s) == ("mum@1", 1.25)
    assert metadata(data[:4096])["voice"] == "mum@1"


def test_no_flipped_bit_is_overlooked_and_none_breaks_us() -> None:
    data = to_bytes(KEY, STORED)
    for at in range(len(data)):
        flipped = bytearray(data)
        flipped[at] ^= 1
        found = from_bytes(KEY, bytes(flipped))
        if found is not None:  # then it means the same: a blank in the header, say
            np.testing.assert_array_equal(found.arrays["feat"], STORED.arrays["feat"])
            assert (found.voice, found.encoding_s) == ("mum@1", 1.25)


def test_a_file_under_a_wrong_name_is_damaged() -> None:
    assert from_bytes("cd" * 32, to_bytes(KEY, STORED)) is None


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 8, b"\xff" * 16, b"\x02\x00\x00\x00\x00\x00\x00\x00{}", b"[" * 100_000]
)
def test_foreign_bytes_are_no_embedding(data: bytes) -> None:
    assert from_bytes(KEY, data) is None


def test_the_folder_keeps_what_was_used_last(tmp_path: Path) -> None:
    folder = EmbeddingFolder(tmp_path, max_files=3)
    keys = [f"{number:064x}" for number in range(5)]
    for age, key in enumerate(keys[:4]):
        folder.write(key, STORED)
        os.utime(tmp_path / f"{key}.safetensors", ns=(time.time_ns() - (10 - age) * 10**9,) * 2)
    assert {path.stem for path in tmp_path.glob("*.safetensors")} == set(keys[1:4])
    assert folder.read(keys[1]) is not None
    folder.write(keys[4], STORED)
    assert {path.stem for path in tmp_path.glob("*.safetensors")} == {keys[1], keys[3], keys[4]}


def test_what_a_killed_writer_left_is_swept_up(tmp_path: Path) -> None:
    (tmp_path / "1-1.tmp").write_bytes(b"half")
    EmbeddingFolder(tmp_path).write(KEY, STORED)
    assert [path.name for path in tmp_path.iterdir()] == [f"{KEY}.safetensors"]
    assert (tmp_path / f"{KEY}.safetensors").stat().st_mode & 0o777 == 0o600
