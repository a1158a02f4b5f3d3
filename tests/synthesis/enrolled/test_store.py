"""The store: a revision is there whole or not at all, whatever happens at whatever moment."""

from pathlib import Path

import pytest
from cloning import enrolled, files_below

from voxd.errors import StorageError
from voxd.model.identifiers import VoiceId
from voxd.synthesis.enrolled.store import CLIP, FACTS, VoiceStore

WAV = b"RIFFa recording"
MUM = VoiceId("mum")


@pytest.fixture
def store(tmp_path: Path) -> VoiceStore:
    made = VoiceStore(tmp_path / "enrolled")
    made.sweep()
    return made


def keep(store: VoiceStore, revision: int = 1, name: str = "mum", wav: bytes = WAV) -> None:
    voice = enrolled(name, revision, wav)
    store.stage(voice, wav)
    store.commit(voice)


def test_what_is_kept_is_read_again_by_whoever_comes_later(store: VoiceStore, tmp_path: Path) -> None:
    keep(store)
    kept = VoiceStore(tmp_path / "enrolled").read()
    assert kept.voices == (enrolled("mum", 1, WAV),)
    assert (kept.removed, kept.damages) == ((), ())
    assert store.clip(kept.voices[0]).read_bytes() == WAV


def test_what_was_only_staged_is_not_there_and_is_swept(store: VoiceStore, tmp_path: Path) -> None:
    store.stage(enrolled(), WAV)
    assert store.read().voices == ()
    store.sweep()
    assert files_below(tmp_path) == []


def test_of_an_older_revision_neither_clip_nor_vector_nor_words_stay(store: VoiceStore, tmp_path: Path) -> None:
    keep(store, 1)
    keep(store, 2, wav=b"RIFFanother")
    assert [path.split("/")[-2:] for path in files_below(tmp_path)] == [["1", FACTS], ["2", CLIP], ["2", FACTS]]
    newest, oldest = store.revisions(MUM)
    assert (newest.revision, len(newest.vector)) == (2, 256)
    assert (oldest.revision, oldest.vector, oldest.transcript, oldest.consent.by) == (1, (), "", "Anna")
    assert [voice.revision for voice in store.read().voices] == [2]


def test_a_revision_that_an_end_left_unstripped_is_stripped_by_the_next_sweep(
    store: VoiceStore, tmp_path: Path
) -> None:
    keep(store, 1)
    old = store.clip(enrolled("mum", 1))
    keep(store, 2)
    old.write_bytes(WAV)
    store.sweep()
    assert not old.exists()


def test_a_removed_voice_leaves_its_name_and_its_number_is_never_used_again(store: VoiceStore, tmp_path: Path) -> None:
    keep(store, 1)
    keep(store, 2)
    assert store.remove(MUM)
    assert not store.remove(MUM)
    assert [Path(path).name for path in files_below(tmp_path)] == ["removed.json"]
    kept = store.read()
    assert kept.voices == ()
    assert [(voice.name, voice.revision) for voice in kept.removed] == [("mum", 2)]
    assert store.next_revision(MUM) == 3
    keep(store, 3)
    assert [voice.revision for voice in store.read().voices] == [3]
    assert store.read().removed == ()
    assert [voice.revision for voice in store.revisions(MUM)] == [3]


def test_a_removal_that_was_cut_short_is_finished(store: VoiceStore, tmp_path: Path) -> None:
    keep(store)
    clip = store.clip(enrolled())
    store.remove(MUM)
    clip.parent.mkdir()
    clip.write_bytes(WAV)
    assert VoiceStore(tmp_path / "enrolled").read().voices == ()
    store.sweep()
    assert not clip.parent.exists()


@pytest.mark.parametrize("damage", ["clip gone", "clip changed", "facts cut", "facts of another"])
def test_a_damaged_voice_is_a_sentence_and_harms_no_other(store: VoiceStore, damage: str) -> None:
    keep(store)
    keep(store, name="dad")
    clip = store.clip(enrolled())
    facts = clip.with_name(FACTS)
    match damage:
        case "clip gone":
            clip.unlink()
        case "clip changed":
            clip.write_bytes(b"RIFFsomebody else")
        case "facts cut":
            facts.write_bytes(facts.read_bytes()[:100])
        case _:
            facts.write_bytes(store.clip(enrolled("dad")).with_name(FACTS).read_bytes())
    kept = store.read()
    assert [voice.name for voice in kept.voices] == ["dad"]
    assert len(kept.damages) == 1
    assert "damaged" in kept.damages[0]
    assert store.next_revision(MUM) == 2
    assert store.remove(MUM)
    assert store.read().damages == ()


def test_a_full_disk_is_told_and_leaves_nothing(store: VoiceStore, tmp_path: Path) -> None:
    (tmp_path / "enrolled" / "tmp").write_text("in the way")
    with pytest.raises(StorageError, match="The voice mum cannot be kept"):
        store.stage(enrolled(), WAV)
    store.sweep()
    assert store.read().voices == ()


def test_nobody_else_may_read_what_is_kept(store: VoiceStore, tmp_path: Path) -> None:
    keep(store)
    assert (tmp_path / "enrolled").stat().st_mode & 0o777 == 0o700
    assert store.clip(enrolled()).stat().st_mode & 0o777 == 0o600
