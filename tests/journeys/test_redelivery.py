"""What brings no id of its own is known again all the same when voxd is killed before it could acknowledge it."""

import json
import time
from pathlib import Path

import pytest
from announcements import BASE, say, wait_until_online
from brokers import Broker
from kill_loops import ZONES, DoomedDaemon
from play_log import END
from words import words

pytestmark = pytest.mark.journey


@pytest.mark.parametrize(("topic", "kills"), [(f"{BASE}/say", 1), (f"{BASE}/say/doorbell", 3), (f"{BASE}/alarm", 1)])
def test_killed_between_commit_and_acknowledgement_it_is_spoken_once_and_the_next_like_it_too(
    tmp_path: Path, broker: Broker, topic: str, kills: int
) -> None:
    word = next(words(81))
    payload = json.dumps({"text": word, "zones": ZONES[0]})
    with DoomedDaemon(tmp_path / "voxd", broker.port) as daemon:
        daemon.start()
        wait_until_online(broker.port)
        daemon.run_verb("pause")  # no kill shall fall into its playing
        daemon.die_at("committed")
        say(broker.port, payload, topic=topic)
        daemon.wait_for_death()
        for _ in range(kills - 1):
            daemon.die_at("received")
            daemon.start()
            daemon.wait_for_death()
        daemon.start()
        daemon.run_verb("resume")
        daemon.wait_until_over(word)
        assert heard(daemon, word, 1), "it is spoken"
        time.sleep(0.5)
        assert heard(daemon, word, 1), "and not again"
        say(broker.port, payload, topic=topic)
        assert heard(daemon, word, 2), "whoever rings again is heard again"


def heard(daemon: DoomedDaemon, word: str, times: int) -> bool:
    """Whether it is heard so often, as soon as it is."""
    until = time.monotonic() + 10
    while (count := sum(line.kind == END and line.word == word for line in daemon.log_of_plays)) < times:
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return count == times
