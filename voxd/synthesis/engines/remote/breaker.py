"""What tells whether a server is worth asking: a circuit breaker."""

STRIKES_MAX = 3
"""So many failures in a row, of sentences or of probes, open it."""


class Breaker:
    """Open: the server is not asked until a probe was answered. It begins open, as nothing is known of the server.

    What cannot be reached opens it at once, other failures after a few. The probe that closes it again puts it to the
    test: until a sentence was spoken, the next failure opens it. Probes that are answered do not excuse sentences
    that fail, nor the other way round.
    """

    def __init__(self) -> None:
        self.open = True
        self.reason = ""
        """Why it is open, for the owner; empty while it is closed, or nobody has looked yet."""
        self.is_suspect = False
        """Its sentences failed though it was there, and none was spoken since."""
        self._on_trial = False
        self._sentences = 0
        self._probes = 0

    def speaks(self) -> None:
        """A sentence has come to its first sound."""
        self._close()
        self._sentences, self._on_trial, self.is_suspect = 0, False, False

    def answers(self) -> None:
        """A probe was answered."""
        if self.open:
            self._on_trial = bool(self.reason)
            self._sentences = 0
        self._close()

    def fails(self, reason: str, *, at_once: bool = False) -> None:
        """A sentence failed."""
        self._sentences += 1
        if at_once or self._on_trial or self._sentences >= STRIKES_MAX:
            self.is_suspect = self.is_suspect or not at_once
            self._trip(reason)

    def is_silent(self, reason: str, *, at_once: bool = False) -> None:
        """A probe failed."""
        self._probes += 1
        if at_once or self.open or self._probes >= STRIKES_MAX:
            self._trip(reason)

    def _trip(self, reason: str) -> None:
        self.open, self.reason = True, reason

    def _close(self) -> None:
        self.open, self.reason, self._probes = False, "", 0
