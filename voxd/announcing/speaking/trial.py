"""Trials: a voice speaks to nobody, and is measured and compared with its reference clip."""

import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from voxd.announcing.speaking.guard import Identity
from voxd.announcing.speaking.style import Style
from voxd.errors import EngineError, VoxdError
from voxd.model.audio import Chunk, Clip
from voxd.model.identifiers import VoiceId
from voxd.synthesis.engine import Engine

TEXTS = {
    "de": "Die Waschmaschine im Keller ist fertig, und jemand steht an der Haustür. Draußen wird es langsam dunkel.",
    "en": "The washing machine in the basement is done, and somebody is at the front door. It is getting dark outside.",
    "es": "La lavadora del sótano ha terminado, y alguien está en la puerta. Afuera empieza a oscurecer.",
    "fr": "La machine à laver de la cave a terminé, et quelqu'un est à la porte. Dehors, il commence à faire nuit.",
    "it": "La lavatrice in cantina ha finito, e qualcuno è alla porta. Fuori comincia a fare buio.",
    "nl": "De wasmachine in de kelder is klaar, en er staat iemand voor de deur. Buiten wordt het langzaam donker.",
    "zh": "地下室的洗衣机已经洗好了，有人在门口等着。外面天色渐渐暗下来了。",
}
"""What is said by whoever gives no text of their own: some six seconds, without anything to normalize."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What was measured. `similarity` is the cosine of the speaker vectors, None where `remark` says why."""

    voice: VoiceId
    text: str
    first_audio_s: float
    took_s: float
    duration_s: float
    similarity: float | None = None
    remark: str = ""

    @property
    def real_time_factor(self) -> float:
        """Seconds of work for a second of sound."""
        return self.took_s / self.duration_s


class Trials:
    """Has engines speak past the phrase cache. `identity` compares voices; without one, none is compared."""

    def __init__(self, engines: Mapping[str, Engine], identity: Identity | None) -> None:
        self._engines = engines
        self._identity = identity

    async def run(self, sentences: Sequence[str], style: Style) -> Trial:
        """The sentences in that style. Raises EngineError where it cannot speak."""
        engine = self._engines[style.voice.engine]
        began = time.monotonic()
        first_audio_s: float | None = None
        sound: list[Chunk] = []
        for sentence in sentences:
            async with aclosing(engine.speak(style.sentence(sentence))) as chunks:
                async for chunk in chunks:
                    if chunk.pcm and first_audio_s is None:
                        first_audio_s = time.monotonic() - began
                    sound.append(chunk)
        took_s = time.monotonic() - began
        if first_audio_s is None:
            raise EngineError(f"The engine {engine.name} gave no sound")
        whole = Clip(sound[0].format, b"".join(chunk.pcm for chunk in sound))
        similarity, remark = await self._compared(style, whole)
        text = " ".join(sentences)
        return Trial(style.voice.name, text, first_audio_s, took_s, whole.duration_s, similarity, remark)

    async def _compared(self, style: Style, sound: Clip) -> tuple[float | None, str]:
        if self._identity is None:
            return None, "Nobody is there to compare it with its reference clip"
        try:
            similarity = await self._identity.similarity(style.voice, sound)
        except VoxdError as error:
            return None, str(error)
        return similarity, "" if similarity is not None else "Too little speech was heard in it to compare it"


def trial_text(language: str) -> str:
    """A text in that language, English where there is none."""
    return TEXTS.get(language.lower().partition("-")[0], TEXTS["en"])
