"""The cast of a text: the voices that may speak it, and which of them begins."""

from collections.abc import Callable

from voxd.announcing.speaking.style import Style


class Cast:
    """The voice asked for is number 0; those that stand in for it follow in their order.

    `first` begins each further sentence, and `reason` tells why that is not number 0. A cast that has `one_voice`
    keeps to whoever gave the first sound of the text (`settled`): nobody else is heard in it afterwards.
    `others` finds out who may stand in; it is asked only when one of them is needed. `renew` gives the style as it is
    now: the voice asked for may get a new revision in the middle of the text.
    """

    def __init__(
        self,
        asked: Style,
        others: Callable[[], tuple[Style, ...]],
        first_audio_s: float | None = None,
        one_voice: bool = False,
        renew: Callable[[Style], Style] = lambda style: style,
    ) -> None:
        self._asked = asked
        self._renew = renew
        self._others = others
        self._found: tuple[Style, ...] | None = None
        self._first_audio_s = first_audio_s
        self.one_voice = one_voice
        self.settled = False
        self.first = 0
        self.reason = ""

    def style(self, number: int) -> Style:
        """How that voice speaks."""
        if number:
            return self._stand_ins()[number - 1]
        self._asked = self._renew(self._asked)
        return self._asked

    def has(self, number: int) -> bool:
        """Whether there is a voice of that number."""
        return number <= len(self._stand_ins())

    def patience_s(self, number: int) -> float | None:
        """How long that voice may take to its first sound; None without a limit, or with nobody to come after it."""
        limits = [limit for limit in (self.style(number).voice.first_audio_s, self._first_audio_s) if limit is not None]
        return min(limits) if limits and self.has(number + 1) else None

    def hand_over(self, number: int, reason: str) -> None:
        """Let that voice begin from now on."""
        self.first, self.reason = max(self.first, number), reason

    def settle(self) -> None:
        """The text was heard: where it has one voice, that is known now."""
        self.settled = self.one_voice

    def _stand_ins(self) -> tuple[Style, ...]:
        if self._found is None:
            self._found = self._others()
        return self._found
