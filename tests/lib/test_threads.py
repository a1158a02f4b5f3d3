import asyncio
import threading

import pytest

from voxd.lib.threads import in_daemon_thread


async def test_what_the_thread_returns_is_returned_and_what_it_raises_is_raised() -> None:
    assert await in_daemon_thread(lambda: 5, "five") == 5
    with pytest.raises(ZeroDivisionError):
        await in_daemon_thread(lambda: 1 // 0, "zero")


async def test_nobody_waits_for_a_thread_after_being_cancelled() -> None:
    gate = threading.Event()
    waiting = asyncio.ensure_future(in_daemon_thread(gate.wait, "stuck"))
    await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.wait([waiting], timeout=0.5)
    assert waiting.cancelled()
    gate.set()
    await asyncio.sleep(0.05)  # its late result must disturb nobody
