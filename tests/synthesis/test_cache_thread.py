"""The thread of the phrase cache: who looks for a clip is waited for, who keeps one is not."""

import asyncio
import threading
from pathlib import Path

from waiting import until

from voxd.model.audio import AudioFormat, Clip
from voxd.synthesis.cache_thread import CacheThread
from voxd.synthesis.phrase_cache import PhraseCache

CLIP = Clip(AudioFormat(22050), b"\0\1" * 100)
KEYS = [digit * 64 for digit in "0123"]


class SlowDisk(PhraseCache):
    """Writes only when it is given leave to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, 1_000_000)
        self.leave = threading.Semaphore(0)
        self.written = 0

    def put(self, key: str, clip: Clip) -> None:
        self.leave.acquire()
        super().put(key, clip)
        self.written += 1


async def test_whoever_looks_for_a_clip_waits_for_one_that_is_written_and_no_more(tmp_path: Path) -> None:
    disk = SlowDisk(tmp_path)
    thread = CacheThread(disk)
    thread.start()
    writing = [asyncio.create_task(thread.put(key, CLIP)) for key in KEYS[:3]]
    await asyncio.sleep(0)
    looking = asyncio.create_task(thread.get(KEYS[3]))
    await asyncio.sleep(0)
    disk.leave.release()
    assert await looking is None
    assert disk.written == 1
    disk.leave.release(2)
    await asyncio.gather(*writing)
    await until(lambda: disk.written == 3)
    assert await thread.get(KEYS[0]) == CLIP
    await thread.stop()
