"""One server with OpenAI's /v1/audio/speech: vLLM-Omni, Speaches, Kokoro-FastAPI, OpenAI, and others like them."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from voxd.errors import BadRequestError, UnknownVoiceError
from voxd.model.audio import Chunk
from voxd.settings.engines import OpenAiSettings
from voxd.synthesis.engine import ReferenceClip, Sentence
from voxd.synthesis.engines.remote import sound_body
from voxd.synthesis.engines.remote.openai import events
from voxd.synthesis.engines.remote.openai.asking import Inline, Named, asked, bare_rate_hz
from voxd.synthesis.engines.remote.openai.catalogue import Catalogue, Kind, speakers
from voxd.synthesis.engines.remote.openai.clips import UPLOADED, Clips
from voxd.synthesis.engines.remote.openai.listing import ListedModel
from voxd.synthesis.engines.remote.openai.looking import Looking
from voxd.synthesis.engines.remote.refusals import check
from voxd.synthesis.engines.remote.server import Learned
from voxd.synthesis.engines.remote.sound_form import SoundForm
from voxd.wire.http.client import HttpClient, Timeouts

SHOWN_CHARS = 64
OFF = "set its option cloning to auto"


class OpenAiServer:
    """Asked in OpenAI's way, and in its program's own where that is better; the program is known by what it lists.

    A voice that the server does not list is never asked for: many would answer with another one.
    """

    def __init__(self, url: str, settings: OpenAiSettings) -> None:
        self.address = url
        self._settings = settings
        waits = Timeouts(settings.connect_timeout_s, settings.first_sound_timeout_s, settings.chunk_timeout_s)
        self._client = HttpClient(url, waits, settings.tls, settings.token_file)
        self._catalogue: Catalogue | None = None
        self._looking = Looking(self._client, settings)
        self._clips = Clips(self._client, self._looking.uploaded, settings.cloning)

    async def close(self) -> None:
        """Drop the connections."""
        await self._client.close()

    async def learn(self) -> Learned:
        """See SpeechServer; it is asked for its models and its voices."""
        catalogue = await self._look()
        could, may = self._takes_clips(catalogue), self._settings.cloning != "off"
        rates = {model.rate_hz or self._settings.pcm_rate_hz for model in catalogue.models}
        return Learned(
            _program(catalogue),
            speakers(catalogue, self._settings, UPLOADED),
            rate_hz=rates.pop() if self._settings.format == "pcm" and len(rates) == 1 else None,
            changes_rate=True,
            styles=frozenset(self._settings.styles),
            clones=could and may,
            clones_once="" if may or not could else OFF,
            languages=self._settings.languages,
        )

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The sound as the server sends it, as 16 bit."""
        catalogue = self._catalogue or await self._look()
        voice = await self._voice(sentence, catalogue)
        try:
            async with aclosing(self._sound(sentence, voice, catalogue)) as sound:
                async for chunk in sound:
                    yield chunk
        except BadRequestError as error:  # nothing was heard then
            voice = await self._otherwise(sentence, voice, error)
        else:
            return
        async with aclosing(self._sound(sentence, voice, catalogue)) as sound:
            async for chunk in sound:
                yield chunk

    async def introduce(self, clip: ReferenceClip) -> None:
        """See CloningServer."""
        catalogue = self._catalogue or await self._look()
        if not self._takes_clips(catalogue) or self._settings.cloning == "off":
            raise BadRequestError("it takes no voices: of these servers only vLLM-Omni does (cloning)")
        await self._clips.add(clip)

    async def forget(self, speaker: str) -> None:
        """See CloningServer."""
        self._clips.drop(speaker)
        catalogue = self._catalogue or await self._look()
        if catalogue.uploaded is not None:
            await self._clips.remove(speaker)

    def _takes_clips(self, catalogue: Catalogue) -> bool:
        """Whether it shows that it does, or the owner knows that it takes them inline.

        Kokoro-FastAPI and Speaches pass over a clip that goes along, and would speak with somebody else's voice.
        """
        if catalogue.kind in (Kind.KOKORO, Kind.SPEACHES):
            return False
        return catalogue.uploaded is not None or self._settings.cloning == "inline"

    async def _sound(
        self, sentence: Sentence, voice: Named | Inline, catalogue: Catalogue
    ) -> AsyncGenerator[Chunk, None]:
        body = asked(sentence, voice, catalogue, self._settings)
        async with self._client.asked("POST", "/audio/speech", json=body) as answer:
            await check(answer)
            in_events = answer.content_type == events.KIND
            rate_hz = bare_rate_hz(body, voice, catalogue, self._settings, events=in_events)
            bare = SoundForm(rate_hz) if rate_hz else None
            async with (
                aclosing(answer.pieces()) as pieces,
                aclosing(events.sound_in(pieces) if in_events else pieces) as given,
                aclosing(sound_body.sound(given, bare, answer.content_type)) as sound,
            ):
                async for chunk in sound:
                    yield chunk

    async def _otherwise(self, sentence: Sentence, voice: Named | Inline, error: BadRequestError) -> Inline:
        """Another way to the voice. Raises `error` where there is none.

        Who refuses a voice that was listed a moment ago is another server behind the same address.
        """
        speaker = sentence.voice.speaker
        unknown = isinstance(voice, Named) and self._clips.knows(speaker) and voice.name in str(error)
        if unknown and self._clips.send_along():
            other = await self._clips.voice(speaker)
            if isinstance(other, Inline):
                return other
        raise error

    async def _voice(self, sentence: Sentence, catalogue: Catalogue) -> Named | Inline:
        """How to ask for the sentence's voice. Raises BadRequestError where the server would speak with another one."""
        speaker = sentence.voice.speaker
        if self._clips.knows(speaker):
            if not self._takes_clips(catalogue):
                raise UnknownVoiceError(f"it takes no voices any more, such as {speaker[:SHOWN_CHARS]}")
            return await self._clips.voice(speaker)
        if speaker and not catalogue.has(speaker):
            raise UnknownVoiceError(f'it has no voice "{speaker[:SHOWN_CHARS]}"; it lists {catalogue.names()}')
        return Named(speaker)

    async def _look(self) -> Catalogue:
        self._catalogue = await self._looking.look()
        return self._catalogue


def _program(catalogue: Catalogue) -> str:
    """What is known of program, models and their versions; vLLM-Omni dates a model by its own start."""
    return f"{catalogue.kind.value} {', '.join(_model(each, catalogue.kind) for each in catalogue.models)}".strip()


def _model(model: ListedModel, kind: Kind) -> str:
    """It may be called by another name (vLLM's --served-model-name), which tells nothing of what speaks."""
    behind = f" ({model.root})" if model.root and model.root != model.name else ""
    return f"{model.name}{behind}{f' of {model.created}' if kind is Kind.SPEACHES else ''}"
