"""Beginning anew: this process becomes another run of the command that began it."""

import os
import sys
from typing import NoReturn

from voxd.errors import VoxdError
from voxd.lib import systemd
from voxd.lib.lasting_sockets import LastingSockets


def begin_anew(sockets: LastingSockets) -> NoReturn:
    """To be called when everything is closed: what is open is lost, but for `sockets` and the standard streams.

    The process keeps its id, so that whoever watches over it sees no end: systemd, a container, a terminal. The
    program is read anew, as it is then. Raises VoxdError where it cannot be run any more.
    """
    sockets.leave_to_successor()
    systemd.watchdog()  # all of its patience for what is imported from a slow card
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - no shell: our own words
    except OSError as error:
        raise VoxdError(f"voxd cannot begin anew: {sys.executable} cannot be run: {error.strerror}") from error
