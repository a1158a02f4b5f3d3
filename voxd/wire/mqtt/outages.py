"""The owner's log of a broker that goes away and comes back."""

import logging

log = logging.getLogger(__name__)


class OutageLog:
    """Says once that the broker is lost, each new reason once, and once that it is back; shared by its sessions."""

    def __init__(self, broker: str) -> None:
        self._broker = broker
        self._away: set[str] = set()
        self._said: set[str] = set()
        self._greeted = False

    def lost(self, session: str, reason: str) -> None:
        """The session has no connection any more, or could not get one."""
        self._away.add(session)
        if not self._said:
            first = "Lost" if self._greeted else "Cannot reach"
            log.warning("%s the MQTT broker %s: %s. Trying again for ever.", first, self._broker, reason)
        elif reason not in self._said:
            log.info("Still without the MQTT broker %s: %s.", self._broker, reason)
        self._said.add(reason)

    def connected(self, session: str) -> None:
        """The session has a connection that holds."""
        self._away.discard(session)
        if self._away:
            return
        if self._said:
            log.warning("The MQTT broker %s is back.", self._broker)
        elif not self._greeted:
            log.info("Connected to the MQTT broker %s.", self._broker)
        self._greeted = True
        self._said.clear()
