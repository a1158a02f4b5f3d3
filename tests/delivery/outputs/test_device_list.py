"""Promises of finding a device by its name."""

import pytest

from voxd.delivery.outputs.device_list import Device, device_named
from voxd.errors import OutputError

ANALOG = Device(0, "HDA Intel PCH: ALC269VC Analog (hw:0,0)", "ALSA", 2, 44100)
HDMI = Device(1, "HDA Intel PCH: HDMI 0 (hw:0,3)", "ALSA", 8, 44100)
USB = Device(4, "USB", "ALSA", 2, 48000)
USB_LONG = Device(5, "USB Audio Device (hw:1,0)", "ALSA", 2, 48000)
PULSE = Device(6, "pulse", "ALSA", 32, 44100, default=True)
ALL = (ANALOG, HDMI, USB, USB_LONG, PULSE)


@pytest.mark.parametrize(("name", "expected"), [("USB", USB), ("hdmi", HDMI), ("hw:1,0", USB_LONG), ("default", PULSE)])
def test_a_name_means_the_very_device_or_the_only_one_like_it(name: str, expected: Device) -> None:
    assert device_named(name, ALL) == expected


def test_a_device_called_default_goes_before_the_default_device() -> None:
    own = Device(9, "default", "ALSA", 2, 48000)
    assert device_named("default", (*ALL, own)) == own


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("intel", "More than one sound device is meant by 'intel': 'HDA Intel PCH: ALC.*', 'HDA Intel PCH: HDMI"),
        ("boombox", "no sound device 'boombox'; there are: .*'pulse'"),
    ],
)
def test_a_name_that_means_none_or_several_is_refused_with_names(name: str, said: str) -> None:
    with pytest.raises(OutputError, match=said):
        device_named(name, ALL)


def test_a_machine_without_devices_says_so() -> None:
    with pytest.raises(OutputError, match="no sound device that can play"):
        device_named("default", ())


@pytest.mark.parametrize(
    ("name", "expected"), [("hw:CARD=Kitchen", 0), ("hw:CARD=Kitchen,DEV=0", 0), ("hw:CARD=Kitchen,DEV=3", 1)]
)
def test_a_card_is_found_by_its_name_whatever_its_number(name: str, expected: int) -> None:
    both = [
        Device(number, f"USB Audio (hw:1,{part})", "ALSA", 2, 48000, stable=f"hw:CARD=Kitchen,DEV={part}")
        for number, part in enumerate((0, 3))
    ]
    assert device_named(name, both) == both[expected]
