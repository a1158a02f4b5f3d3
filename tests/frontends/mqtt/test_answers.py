import pytest

from voxd.errors import BadRequestError
from voxd.frontends.mqtt.answers import Answers
from voxd.frontends.mqtt.topics import Topics
from voxd.wire.mqtt.packets import Delivery, Publication


@pytest.mark.parametrize(
    "topic", ["ha/+", "#", "a\0b", "", "voxd/den/say", "voxd/den/say/x", "voxd/den/alarm", "voxd/den/request/render"]
)
def test_nobody_is_answered_on_an_impossible_topic_or_on_one_that_voxd_obeys(topic: str) -> None:
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
