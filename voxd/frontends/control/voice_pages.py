"""What the control socket tells of voices, and does for them: everything below /api/voices."""

from urllib.parse import unquote

from voxd.frontends import voice_answers, voice_payloads
from voxd.frontends.control.connection import Answer, Request
from voxd.frontends.house import Voices
from voxd.synthesis.enrolled.voice import CLIP_MAX_BYTES

PAGES = "/api/voices"


class VoicePages:
    """`GET` and `POST /api/voices`; `GET` and `DELETE /api/voices/NAME`; `POST /api/voices/NAME/test`.

    To enrol, the body is the clip, and the options stand in the query: `?name=mum&transcript=...`.
    """

    def __init__(self, voices: Voices) -> None:
        self._voices = voices

    @staticmethod
    def has(path: str) -> bool:
        """Whether it is one of these pages."""
        return path == PAGES or path.startswith(f"{PAGES}/")

    @staticmethod
    def body_max_bytes(path: str, otherwise: int) -> int:
        """How long a request may be: the clip, and a little more so that too long a one gets its sentence."""
        return CLIP_MAX_BYTES + 1024 * 1024 if path == PAGES else otherwise

    async def answer(self, request: Request) -> Answer:
        """Do what is asked. Raises VoxdError."""
        name, _, page = request.path.removeprefix(PAGES).removeprefix("/").partition("/")
        if page not in ("", "test"):
            return Answer.error(404, "There is no such page")
        told = await (self._one(request, unquote(name), page) if name else self._all(request))
        return Answer.error(405, "That cannot be done with a voice") if told is None else Answer.of_json(200, told)

    async def _all(self, request: Request) -> voice_answers.Answer | None:
        match request.method:
            case "GET":
                return voice_answers.listed(self._voices.listed())
            case "POST":
                wish = voice_payloads.enrolment_of(request.query, request.body, "command line")
                return voice_answers.report(await self._voices.enrol(wish))
        return None

    async def _one(self, request: Request, name: str, page: str) -> voice_answers.Answer | None:
        match request.method, page:
            case "GET", "":
                return voice_answers.details(await self._voices.details(name))
            case "DELETE", "":
                await self._voices.remove(name)
                return {"name": name}
            case "POST", "test":
                text = voice_payloads.trial_text(request.body)
                return voice_answers.trial(await self._voices.test(name, text))
        return None
