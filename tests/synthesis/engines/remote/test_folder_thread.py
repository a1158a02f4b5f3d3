"""A shared folder that hangs costs one thread, and those who wait for it a sentence."""

import threading

import pytest
from waiting import until

from voxd.errors import ProtocolError
from voxd.synthesis.engines.remote.gpt_sovits.folder_thread import FolderThread


async def test_nothing_is_begun_beside_what_hangs_and_all_goes_on_after_it() -> None:
    folder, hangs, begun = FolderThread("a folder that hangs"), threading.Event(), []

    def work() -> None:
        begun.append(threading.current_thread().name)
        hangs.wait(20.0)

    with pytest.raises(ProtocolError, match=r"did not answer for 0\.05 s \(clips\.ours\)"):
        await folder.do(work, 0.05)
    for _ in range(3):
        with pytest.raises(ProtocolError, match="still does not answer"):
            await folder.do(work, 0.05)
    await until(lambda: begun)
    assert begun == ["a folder that hangs"]
    hangs.set()
    await until(lambda: not any(each.name == begun[0] for each in threading.enumerate()))
    assert await folder.do(lambda: "well", 20.0) == "well"


async def test_what_the_work_raises_is_told_and_leaves_the_folder_free() -> None:
    folder = FolderThread("a folder")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await folder.do(lambda: 1 // 0, 20.0)
