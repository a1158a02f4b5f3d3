"""Blocking work that must hold up neither the event loop nor the end of the process."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")


async def in_daemon_thread(work: Callable[[], Result], name: str) -> Result:
    """What `work` returns or raises, run in a daemon thread of its own.

    When the waiting is cancelled the thread goes on to its own end and what it brings is dropped. Meant for
    work like name resolution, which has no time limit and so must not be joined when the process ends.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, error: Exception | None) -> None:
        if outcome.done():
            return
        if error is not None:
            outcome.set_exception(error)
        else:
            outcome.set_result(result)  # type: ignore[arg-type]  # None only if that is what `work` gave

    def run() -> None:
        result, problem = None, None
        try:
            result = work()
        except Exception as error:  # carried over to whoever waits
            problem = error
        with suppress(RuntimeError):  # the loop has ended meanwhile: nobody waits
            loop.call_soon_threadsafe(settle, result, problem)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await outcome
