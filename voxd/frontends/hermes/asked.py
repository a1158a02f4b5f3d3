"""Who asked for something to be said or played, and how they are answered."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

from voxd.frontends.hermes import topics
from voxd.frontends.payloads import Transaction
from voxd.wire.mqtt.packets import Publication

KINDS = ("say", "play")


@dataclass(frozen=True, slots=True)
class Asked:
    """All that an answer needs: what was asked for, at which site, and the words the asker knows it by."""

    kind: Literal["say", "play"]
    site: str
    id: Transaction = None
    session: Transaction = None

    @property
    def kept(self) -> str:
        """It as a text, for the journal."""
        return json.dumps(asdict(self))

    def finished(self) -> Publication:
        """It is over, whatever came of it."""
        told = {"id": self.id, "sessionId": self.session}
        if self.kind == "play":
            return told_on(topics.played(self.site), told)
        return told_on(topics.SAID, told | {"siteId": self.site})

    def error(self, reason: str) -> Publication:
        """It was not heard, and why."""
        topic = topics.PLAY_ERROR if self.kind == "play" else topics.SAY_ERROR
        told = {"error": reason, "siteId": self.site, "context": self.id, "sessionId": self.session}
        return told_on(topic, told)


def asked_in(kept: str | None) -> Asked | None:
    """What `kept` was made of; None where it is nothing of ours."""
    try:
        found = json.loads(kept or "")
        return Asked(found["kind"], found["site"], found["id"], found["session"]) if found["kind"] in KINDS else None
    except (ValueError, TypeError, KeyError):
        return None


def told_on(topic: str, told: object) -> Publication:
    """Something told in JSON."""
    return Publication(topic, json.dumps(told).encode())
