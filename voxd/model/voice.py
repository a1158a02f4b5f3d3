"""A voice: a named way of speaking."""

from dataclasses import dataclass

from voxd.model.identifiers import VoiceId


@dataclass(frozen=True, slots=True)
class Voice:
    """An engine, one of its speakers, and the defaults it speaks with.

    `languages` are BCP 47 tags, the voice's own language first (`en-US`, `de`); `rate` is a factor on the
    engine's normal speed; `revision` grows when the same name gets another sound. `seed` makes an engine that
    rolls dice give the same sound again. `fallbacks` speak, in their order, where this voice cannot, or has not
    begun after `first_audio_s`. `guard` is the least similarity to its reference clip that is played; `reference`
    tells the clip and its transcript from every other, and is empty for a voice that was not cloned. `style` is one of
    its engine's styles, empty for its usual way to speak.
    """

    name: VoiceId
    engine: str
    speaker: str
    languages: tuple[str, ...]
    description: str = ""
    rate: float = 1.0
    revision: int = 1
    seed: int | None = None
    fallbacks: tuple[VoiceId, ...] = ()
    first_audio_s: float | None = None
    guard: float | None = None
    reference: str = ""
    style: str = ""

    @property
    def language(self) -> str:
        """The language it speaks when nobody names one."""
        return self.languages[0]

    def speaks(self, language: str) -> bool:
        """Whether it can speak `language`; a bare `de` and a `de-AT` understand each other."""
        wanted = language.lower().replace("_", "-").partition("-")[0]
        return any(own.lower().partition("-")[0] == wanted for own in self.languages)
