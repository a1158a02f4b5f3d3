"""Promises of listing this machine's sound devices."""

from collections.abc import Callable

import pytest
from sound_servers import PulseServer

from voxd.delivery.devices import devices
from voxd.errors import OutputError


async def test_the_devices_of_the_machine_are_listed(start_pulse: Callable[[int], PulseServer]) -> None:
    start_pulse(48000)
    (device,) = await devices()
    assert (device.name, device.host, device.default) == ("default", "ALSA", True)
    assert device.channels >= 2
    assert device.rate_hz > 0


async def test_a_machine_without_a_device_says_so_instead_of_aborting(no_device: None) -> None:
    with pytest.raises(OutputError, match="no default device"):
        await devices()
