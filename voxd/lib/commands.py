"""The owner's own commands: run without a shell, bounded in time, told nothing that is ours alone."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Sequence
from contextlib import suppress

from voxd.lib.os_errors import in_words

_NOT_FOR_CHILDREN = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "CREDENTIALS_DIRECTORY")
"""By these systemd talks with the daemon alone."""
_OUR_SETTINGS = "VOXD_"
"""The daemon's own settings, the password of its broker among them."""
_REAPED_WITHIN_S = 1.0


def environment_for_children() -> dict[str, str]:
    """Our environment without what is for nobody else."""
    ours = os.environ.items()
    return {name: value for name, value in ours if name not in _NOT_FOR_CHILDREN and not name.startswith(_OUR_SETTINGS)}


async def run(command: Sequence[str], timeout_s: float) -> str:
    """Run a program with its arguments; what is wrong, in a sentence, empty if it ended well.

    Over `timeout_s`, or cancelled, it is killed with all that it started. What it writes to standard error stands in
    our log.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=DEVNULL, env=environment_for_children(), start_new_session=True
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
        return f"{command[0]} cannot be run: {in_words(error)}"
    try:
        async with asyncio.timeout(timeout_s):
            code = await process.wait()
    except TimeoutError:
        return f"{command[0]} took longer than {timeout_s:g} s"
    finally:
        await _killed(process)
    return f"{command[0]} ended with code {code}" if code else ""


async def _killed(process: Process) -> None:
    """Kill it, and its whole session, if it still runs."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _REAPED_WITHIN_S)
