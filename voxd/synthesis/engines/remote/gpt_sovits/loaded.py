"""What a GPT-SoVITS server has loaded: its model's two halves, and the reference clip that it has encoded."""

from collections.abc import Callable

from voxd.lib.clock import moment
from voxd.synthesis.engines.remote.gpt_sovits.api import Api
from voxd.synthesis.engines.remote.gpt_sovits.speakers import Weights

RESTART_S = 12.0
"""So long at least it is away to be started anew: torch and the models are read. It is probed more often, usually."""


class Loaded:
    """Remembers what the server was told last, as it has no way to tell; after any failure nothing is known of it.

    Nor is anything where nobody has heard of the server for so long that it may have been started anew unnoticed, as
    with its own weights somebody else would be heard. Weights take it seconds, so only others than the last ones are
    loaded. A clip is encoded anew where the weights changed: the server itself goes by the clip's path alone, and would
    speak with what other weights made of it.
    """

    def __init__(self, api: Api, clock: Callable[[], float] = lambda: moment().boottime_s) -> None:
        self._api = api
        self._clock = clock
        self._heard_at = clock()
        self._weights = Weights(None, None)
        self._clip: str | None = None
        self._version: str | None = None

    @property
    def version(self) -> str:
        """Of the model, such as v2 or v2Pro; empty where it is not known."""
        return self._version or ""

    @property
    def is_known(self) -> bool:
        """Whether the version was asked for since the last failure."""
        return self._version is not None

    def forget(self) -> None:
        """The server may be another one by now, or the same with its own weights."""
        self._weights = Weights(None, None)
        self._clip = self._version = None

    def note_answer(self) -> None:
        """The server has just answered; who knows what it was before."""
        self._doubt()
        self.note_sound()

    def note_sound(self) -> None:
        """The server goes on with what it was told."""
        self._heard_at = self._clock()

    def _doubt(self) -> None:
        if self._clock() - self._heard_at > RESTART_S:
            self._weights = Weights(None, None)

    async def ask_version(self) -> None:
        """Have the version known."""
        if self._version is None:
            self._version = await self._api.version()

    async def weights(self, wanted: Weights) -> None:
        """Have it loaded those, and the version known. Raises BadRequestError where it cannot."""
        self._doubt()
        known, self._weights = self._weights, Weights(None, None)  # in the middle of it the server may have either
        if wanted.gpt is not None and wanted.gpt != known.gpt:
            await self._api.load_gpt(wanted.gpt)
        if wanted.sovits is not None and wanted.sovits != known.sovits:
            self._clip = self._version = None
            await self._api.load_sovits(wanted.sovits)
            self._version = await self._api.version()
        await self.ask_version()
        self._weights = Weights(wanted.gpt or known.gpt, wanted.sovits or known.sovits)
        self.note_sound()

    async def clip(self, path: str) -> None:
        """Have it encoded that clip, which finds out whether it can. Raises BadRequestError where it cannot."""
        if path != self._clip:
            self._clip = None
            await self._api.encode(path)
            self._clip = path
