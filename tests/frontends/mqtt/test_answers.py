import pytest

from voxd.errors import BadRequestError
from voxd.frontends.mqtt.answers import Answers
from voxd.frontends.mqtt.topics import Topics
from voxd.wire.mqtt.packets import Delivery, Publication


@pytest.mark.parametrize(
    "topic",
    [
        *("ha/+", "#", "a\0b", "", "$share/x", "$SYS/broker", "a\x01b", "a\uffffb", "a\nb", "x" * 2000, "\ud800"),
        *("voxd/den", "voxd/den/say", "voxd/den/say/x", "voxd/den/alarm", "voxd/den/request/render"),
        *("voxd/den/availability", "voxd/den/state", "voxd/den/event", "voxd/den/response"),
    ],
)
def test_nobody_is_answered_on_an_impossible_topic_or_on_one_of_our_own(topic: str) -> None:
    sent: list[Publication] = []
    answers = Answers(sent.append, Topics("voxd", "den"))
    asked = Delivery("voxd/den/say", b"x", 1, 1, False, 1, 0.0, response_topic=topic)
    with pytest.raises(BadRequestError, match="response topic"):
        answers.check(asked)
    assert sent == []


def test_without_a_response_topic_nobody_is_answered() -> None:
    sent: list[Publication] = []
    Answers(sent.append, Topics("voxd", "den")).to_asker(Delivery("voxd/den/say", b"x", 1, 1, False, 1, 0.0), b"{}")
    assert sent == []


@pytest.mark.parametrize("topic", ["ha/answer", "voxd/den/response/ha", "voxd/den2/x", "ha/$x", "zigbee/Küche"])
def test_anybody_is_answered_on_any_other_topic(topic: str) -> None:
    sent: list[Publication] = []
    asked = Delivery("voxd/den/say", b"x", 1, 1, False, 1, 0.0, response_topic=topic)
    Answers(sent.append, Topics("voxd", "den")).to_asker(asked, b"{}")
    assert [publication.topic for publication in sent] == [topic]
