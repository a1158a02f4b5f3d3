"""Errors of the operating system are told in words."""

import asyncio
import errno
import socket

import pytest

from voxd.lib.os_errors import in_words


async def test_whatever_python_writes_around_it_the_words_are_those_of_the_system() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="attempting to bind") as refusal:
            await asyncio.start_server(lambda _, __: None, "127.0.0.1", port)
    assert in_words(refusal.value) == "Address already in use"
    assert in_words(ConnectionResetError(errno.ECONNRESET, "[Errno 104] odd")) == "Connection reset by peer"


def test_what_has_no_number_of_its_own_keeps_its_words() -> None:
    assert in_words(socket.gaierror(socket.EAI_NONAME, "that is no host name")) == "that is no host name"
    assert in_words(ConnectionError("it closed the connection")) == "it closed the connection"
    assert in_words(ValueError("no number")) == "no number"
