"""How long a client may keep a server waiting, and whether it does."""

from dataclasses import dataclass

TAKEN_MIN_BYTES = 64 * 1024
"""Four seconds of a telephone's sound. Who takes less in all of `write_s` only holds a place."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long, in seconds, a client may keep us waiting before its connection is closed.

    `handshake_s` for that of TLS, `first_event_s` until it says anything, `whole_event_s` from the first to the last
    byte of an event, `idle_s` between two requests, `midway_s` between two events of something it began, `write_s`
    for taking TAKEN_MIN_BYTES of what waits to be sent, and `goodbye_s` to close its end after we have closed ours.
    All but the first is looked at every `tend_every_s`.
    """

    handshake_s: float = 10.0
    first_event_s: float = 30.0
    whole_event_s: float = 10.0
    idle_s: float = 3600.0
    midway_s: float = 300.0
    write_s: float = 30.0
    goodbye_s: float = 1.0
    tend_every_s: float = 0.5


class Pace:
    """What one client did when, and what it should have done since. All times are in the loop's seconds."""

    def __init__(self, patience: Patience, now: float) -> None:
        self._patience = patience
        self._heard_any = False
        self._begun_at = now
        self._taking_since = now
        self._taken_before_bytes = 0
        self.quiet_since = now
        """When the last whole event came, or the connection was made."""

    def begun(self, now: float) -> None:
        """The first bytes of an event came."""
        self._begun_at = now

    def heard(self, now: float) -> None:
        """A whole event came; what has come beyond it is the beginning of the next."""
        self._heard_any = True
        self.quiet_since = self._begun_at = now

    def event_overdue(self, now: float, *, partial: bool) -> str:
        """A sentence if an event should be here and is not; `partial`: some of it is."""
        if not self._heard_any and now - self.quiet_since > self._patience.first_event_s:
            return f"No whole event came within {self._patience.first_event_s:g} s"
        if partial and now - self._begun_at > self._patience.whole_event_s:
            return f"The rest of an event did not come within {self._patience.whole_event_s:g} s"
        return ""

    def request_overdue(self, now: float, *, busy: bool, midway: bool) -> str:
        """A sentence if the client should have gone on by now, or asked for something."""
        quiet_s = now - self.quiet_since
        if midway and quiet_s > self._patience.midway_s:
            return f"The rest of the text did not come within {self._patience.midway_s:g} s"
        if not busy and quiet_s > self._patience.idle_s:
            return f"Nothing was asked for {self._patience.idle_s:g} s"
        return ""

    def stuck(self, now: float, sent_bytes: int, unsent_bytes: int, ended_at: float | None) -> bool:
        """Whether the client takes too little of what is sent, or does not answer our goodbye.

        `sent_bytes` were taken since the beginning, `unsent_bytes` wait.
        """
        if not unsent_bytes or sent_bytes - self._taken_before_bytes >= TAKEN_MIN_BYTES:
            self._taking_since, self._taken_before_bytes = now, sent_bytes
        if unsent_bytes:
            return now - self._taking_since > self._patience.write_s
        return ended_at is not None and now - ended_at > self._patience.goodbye_s
