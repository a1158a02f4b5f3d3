"""The cloned voices that an engine host has to know."""

from collections.abc import Callable

from voxd.errors import BadRequestError, EngineError, ProtocolError
from voxd.lib.os_errors import in_words
from voxd.lib.threads import in_daemon_thread
from voxd.synthesis.engine import ReferenceClip
from voxd.synthesis.engines.host_call import answered
from voxd.synthesis.engines.introductions import Introductions
from voxd.wire.wyoming.client import UnixAddress
from voxd.wire.wyoming.host_events import Embed, Embedded, Forget, Forgotten
from voxd.wire.wyoming.reader import LateError

EMBED_TIMEOUT_S = 600.0
"""A full-size model on a small CPU takes a minute for ten seconds of clip."""
FORGET_TIMEOUT_S = 30.0


class HostVoices(Introductions):
    """Introduces them to whoever answers on the host's socket.

    `hung` is called with the reason when the host takes too long.
    """

    def __init__(self, address: UnixAddress, hung: Callable[[str], None]) -> None:
        super().__init__()
        self._address = address
        self._hung = hung

    async def _introduce(self, clip: ReferenceClip) -> str:
        wanted = Embed(clip.speaker, clip.transcript, clip.language)
        try:
            wav = await in_daemon_thread(clip.wav.read_bytes, f"clip of {clip.speaker}")
        except OSError as error:
            raise EngineError(f"Its reference clip cannot be read: {error.strerror or error}") from error
        try:
            embedded, _ = await answered(self._address, wanted, Embedded, EMBED_TIMEOUT_S, wav)
        except LateError as error:
            self._hung(f"it took more than {EMBED_TIMEOUT_S:g} s for the reference clip of {clip.speaker}")
            raise EngineError(f"The engine gave no answer within {EMBED_TIMEOUT_S:g} s") from error
        except BadRequestError as error:
            raise EngineError(str(error)) from error
        except (ProtocolError, OSError) as error:
            raise EngineError(f"The engine failed: {in_words(error)}") from error
        return embedded.source

    async def _have_forgotten(self, speaker: str) -> None:
        try:
            await answered(self._address, Forget(speaker), Forgotten, FORGET_TIMEOUT_S)
        except (ProtocolError, BadRequestError, OSError) as error:
            raise EngineError(f"The engine did not forget {speaker}: {in_words(error)}") from error
