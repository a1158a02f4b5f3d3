"""Houses whose state folders hold something of everything that a backup takes."""

import asyncio
import time
from pathlib import Path

from sounds import tone

from voxd.announcing.journal.journal import Journal
from voxd.announcing.journal.rows import Note
from voxd.audio.wav import wav_bytes
from voxd.model.announcement import Announcement, State
from voxd.model.identifiers import AnnouncementId
from voxd.paths import Paths, paths_in_force
from voxd.settings import PathSettings

VOICE = "enrolled/0123456789abcdef0123456789abcdef/2"


def house(folder: Path) -> Paths:
    """The paths of a house below a folder."""
    return paths_in_force(PathSettings(state=folder / "state", cache=folder / "cache", runtime=folder / "run"))


def lived_in(folder: Path) -> Paths:
    """One in which something was said, and something else is not over."""
    paths = house(folder)
    asyncio.run(announce(paths, "heard", State.FINISHED))
    asyncio.run(announce(paths, "waits", None))
    files = {
        "preferences.json": b'{"voice": "mum"}',
        "id": b"0123456789ab\n",
        f"{VOICE}/clip.wav": wav_bytes(tone(0.1)),
        f"{VOICE}/voice.json": b"{}",
        "voices/dad.wav": b"a recording",
        "voices/.hidden": b"not ours",
        "chimes/gong.wav": wav_bytes(tone(0.2)),
        "models/large.safetensors": b"can be fetched again",
        "recordings/home.wav": b"can be said again",
    }
    for name, content in files.items():
        (paths.state / name).parent.mkdir(parents=True, exist_ok=True)
        (paths.state / name).write_bytes(content)
    return paths


async def announce(paths: Paths, name: str, end: State | None) -> None:
    """Have something in the journal that came to that end, or to none."""
    journal = Journal(paths.journal, history_days=30)
    await journal.open()
    await journal.add(Announcement(name, id=AnnouncementId(name), received_at=time.time()))
    if end is not None:
        journal.note(Note(AnnouncementId(name), end))
    await journal.close()


def history(paths: Paths) -> dict[str, str]:
    """The announcements of a journal and their states, as the next daemon finds them."""

    async def read() -> dict[str, str]:
        journal = Journal(paths.journal, history_days=30)
        await journal.open()
        try:
            return {past.announcement.id: past.state.value for past in await journal.history(100)}
        finally:
            await journal.close()

    return asyncio.run(read())


def files_of(paths: Paths) -> dict[str, bytes]:
    """All that is in a state folder but the journal, its companions and the lock."""
    return {
        file.relative_to(paths.state).as_posix(): file.read_bytes()
        for file in sorted(paths.state.rglob("*"))
        if file.is_file() and not file.name.startswith(("journal", "lock"))
    }
