"""The blueprints that voxd ships, in a real Home Assistant: somebody copies them, fills them in, and they do it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from announcements import BASE
from home_assistant.house import House
from home_assistant.household import all_available, entity, events_of
from home_assistant.releases import MODERN

pytestmark = [
    pytest.mark.home_assistant,
    pytest.mark.parametrize("house", MODERN, indirect=True, ids=str),
]

SHIPPED = Path(__file__).parent.parent.parent.parent / "config/examples/home-assistant"


@pytest.fixture(autouse=True)
def copied(house: House) -> None:
    house.until(lambda: all_available(house))
    shutil.copytree(SHIPPED, house.hub.folder / "blueprints/automation/voxd", dirs_exist_ok=True)


@contextmanager
def automation_of(house: House, blueprint: str, **inputs: Any) -> Iterator[None]:
    """One that is made of a blueprint in its dialogue."""
    path = f"/api/config/automation/config/{blueprint}"
    made = {"path": f"voxd/{blueprint}.yaml", "input": inputs}
    house.api.post(path, {"alias": blueprint, "use_blueprint": made})
    house.until(lambda: house.api.states().get(f"automation.{blueprint}", {}).get("state") == "on")
    yield
    house.api.delete(path)


def test_home_assistant_takes_every_blueprint(house: House) -> None:
    with house.hub.socket() as socket:
        known = socket.ask("blueprint/list", domain="automation")
    shipped = {f"voxd/{file.name}" for file in SHIPPED.iterdir()}
    assert shipped <= set(known)
    assert not [known[path] for path in shipped if "error" in known[path]]


def test_smoke_is_an_alarm_until_the_sensor_is_off_or_a_button_is_used(house: House) -> None:
    smoke, bell = "/api/states/binary_sensor.smoke", "/api/states/input_button.bell"
    waits = entity("binary_sensor", "alarm_waits")
    house.api.post(smoke, {"state": "off"})
    house.api.post(bell, {"state": "2026-01-01T00:00:00+00:00"})
    inputs = {"sensor": "binary_sensor.smoke", "what": "There is smoke!", "buttons": ["input_button.bell"]}
    ours = {"alarm": entity("notify", "alarm"), "acknowledge": entity("button", "acknowledge")}
    with events_of(house) as events, automation_of(house, "alarm_until_acknowledged", **inputs, **ours):
        for before, over, state in (("off", smoke, "off"), ("unavailable", bell, "2026-01-01T00:01:00+00:00")):
            house.api.post(smoke, {"state": before})
            house.api.post(smoke, {"state": "on"})
            assert events.until("playing")["priority"] == "alarm"
            house.until(lambda: house.api.state(waits) == "on")
            house.api.post(over, {"state": state})
            house.until(lambda: house.api.state(waits) == "off")
    house.until(lambda: house.api.state(entity("binary_sensor", "speaking")) == "off")


def test_a_washing_machine_that_takes_no_power_any_more_is_announced(house: House) -> None:
    power = "/api/states/sensor.washing_machine"
    house.api.post(power, {"state": "900"})
    inputs = {"power": "sensor.washing_machine", "below": 5, "lasting": {"seconds": 1}, "topic": BASE, "zones": "hall"}
    with events_of(house) as events, automation_of(house, "appliance_is_done", **inputs):
        house.api.post(power, {"state": "1"})
        heard = events.until("finished")
    assert (heard["source"], heard["zones"]) == ("mqtt/washing-machine", ["hall"])
