import pytest

from voxd.errors import BadRequestError
from voxd.frontends.mqtt.answers import Answers
from voxd.frontends.mqtt.topics import Topics
from voxd.wire.mqtt.packets import Delivery, Publication


class Desk:
    """Takes what is published, up to a size."""

    def __init__(self, bytes_max: int = 1_000_000) -> None:
        self.sent: list[Publication] = []
        self._bytes_max = bytes_max

    def publish(self, publication: Publication) -> None:
        self.sent.append(publication)

    def fits(self, publication: Publication) -> bool:
        return publication.size_bytes <= self._bytes_max


@pytest.mark.parametrize(
    "topic",
    [
        *("ha/+", "#", "a\0b", "", "$share/x", "$SYS/broker", "a\x01b", "a\uffffb", "a\nb", "x" * 2000, "\ud800"),
        *("voxd/den", "voxd/den/say", "voxd/den/say/x", "voxd/den/alarm", "voxd/den/request/render"),
        *("voxd/den/availability", "voxd/den/state", "voxd/den/event", "voxd/den/response"),
    ],
)
def test_nobody_is_answered_on_an_impossible_topic_or_on_one_of_our_own(topic: str) -> None:
    desk = Desk()
    answers = Answers(desk, Topics("voxd", "den"))
    asked = Delivery("voxd/den/say", b"x", 1, 1, False, 1, 0.0, response_topic=topic)
    with pytest.raises(BadRequestError, match="response topic"):
        answers.check(asked)
    assert desk.sent == []


def test_without_a_response_topic_nobody_is_answered() -> None:
    desk = Desk()
    Answers(desk, Topics("voxd", "den")).to_asker(Delivery("voxd/den/say", b"x", 1, 1, False, 1, 0.0), b"{}")
    assert desk.sent == []


@pytest.mark.parametrize("topic", ["ha/answer", "voxd/den/response/ha", "voxd/den2/x", "ha/$x", "zigbee/Küche"])
def test_anybody_is_answered_on_any_other_topic(topic: str) -> None:
    desk = Desk()
    asked = Delivery("voxd/den/say", b"x", 1, 1, False, 1, 0.0, response_topic=topic)
    Answers(desk, Topics("voxd", "den")).to_asker(asked, b"{}")
    assert [publication.topic for publication in desk.sent] == [topic]
