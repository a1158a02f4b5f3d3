import logging

import pytest

from voxd.wire.mqtt.outages import OutageLog


@pytest.fixture(autouse=True)
def _owner_reads_all(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="voxd")


def test_two_sessions_lose_a_broker_once_and_get_it_back_once(caplog: pytest.LogCaptureFixture) -> None:
    outages = OutageLog("den:1883")
    for event in (outages.connected, outages.connected):
        event("main")
        event("alarm")
    outages.lost("main", "the connection broke")
    outages.lost("alarm", "the connection broke")
    outages.lost("main", "nothing listens there")
    outages.lost("alarm", "nothing listens there")
    outages.connected("main")
    outages.connected("alarm")
    assert caplog.messages == [
        "Connected to the MQTT broker den:1883.",
        "Lost the MQTT broker den:1883: the connection broke. Trying again for ever.",
        "Still without the MQTT broker den:1883: nothing listens there.",
        "The MQTT broker den:1883 is back.",
    ]


def test_a_broker_that_was_never_there_is_not_called_lost(caplog: pytest.LogCaptureFixture) -> None:
    OutageLog("den:1883").lost("main", "nothing listens there")
    assert caplog.messages == ["Cannot reach the MQTT broker den:1883: nothing listens there. Trying again for ever."]
