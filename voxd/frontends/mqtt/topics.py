"""Where on the broker voxd hears and speaks."""

from dataclasses import dataclass

from voxd.errors import BadRequestError
from voxd.frontends.fields import a_name

URGENT_VERBS = ("acknowledge", "stop", "siren")
"""Orders that have to get through when an alarm sounds: the alarm session hears them, which no flood stands before."""


@dataclass(frozen=True, slots=True)
class Topics:
    """All topics of one node, below `<base>/<node>`."""

    base: str
    node: str

    @property
    def root(self) -> str:
        """What all of them begin with."""
        return f"{self.base}/{self.node}"

    @property
    def commands(self) -> tuple[str, ...]:
        """What the main session subscribes to."""
        return (self.say, f"{self.say}/+", self.request("+"))

    @property
    def urgent(self) -> tuple[str, ...]:
        """What the alarm session subscribes to."""
        return (self.alarm, *(self.request(verb) for verb in URGENT_VERBS))

    @property
    def say(self) -> str:
        """Where announcements are heard; say/SOURCE as well."""
        return f"{self.root}/say"

    @property
    def alarm(self) -> str:
        """Where alarms are heard."""
        return f"{self.root}/alarm"

    @property
    def availability(self) -> str:
        """Retained: online or offline."""
        return f"{self.root}/availability"

    @property
    def state(self) -> str:
        """Retained: how the house stands."""
        return f"{self.root}/state"

    @property
    def event(self) -> str:
        """Every step of every announcement."""
        return f"{self.root}/event"

    def request(self, verb: str) -> str:
        """Where requests with this verb are heard."""
        return f"{self.root}/request/{verb}"

    def response(self, verb: str) -> str:
        """Where requests with this verb are answered."""
        return f"{self.root}/response/{verb}"

    def verb(self, topic: str) -> str | None:
        """The verb of a request, None for any other topic."""
        start = f"{self.root}/request/"
        return topic.removeprefix(start) if topic.startswith(start) else None

    def source(self, topic: str) -> str:
        """The door that an announcement came by: `mqtt`, or `mqtt/<source>` for `say/<source>`.

        Raises BadRequestError where the source is no name of 1 to 64 printable characters.
        """
        start = f"{self.root}/say/"
        if not topic.startswith(start):
            return "mqtt"
        try:
            return f"mqtt/{a_name(topic.removeprefix(start))}"
        except BadRequestError as mistake:
            raise BadRequestError(f"The source, which is the level of the topic after say/, {mistake}") from None

    def is_ours(self, topic: str) -> bool:
        """Whether only voxd speaks there, or obeys what is said there; below response/ anybody may be answered."""
        return f"{topic}/".startswith(f"{self.root}/") and not topic.startswith(f"{self.root}/response/")
