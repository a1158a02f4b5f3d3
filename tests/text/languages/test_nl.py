"""Dutch, as people say it."""

import pytest

from voxd.text.normalizer import Normalizer

ROWS = [
    ("De temperatuur is 21,5 °C", "De temperatuur is eenentwintig komma vijf graden Celsius"),
    ("De temperatuur is 21.5 °C", "De temperatuur is eenentwintig komma vijf graden Celsius"),
    ("Het is 1 °C", "Het is één graad Celsius"),
    ("-4 %", "min vier procent"),
    ("De oven verbruikt 3,5 kWh", "De oven verbruikt drie komma vijf kilowattuur"),
    ("2300W", "tweeduizenddriehonderd watt"),
    ("Wind met 12 km/h", "Wind met twaalf kilometer per uur"),
    ("10 m²", "tien vierkante meter"),
    ("90°", "negentig graden"),
    ("3 GB", "drie gigabyte"),
    ("100 Mbps", "honderd megabit per seconde"),
    ("1.013 hPa", "duizenddertien hectopascal"),
    ("12 µg/m³", "twaalf microgram per kubieke meter"),
    ("nog 3 h", "nog drie uur"),
    ("nog 2 d", "nog twee dagen"),
    ("om 10:30", "om tien uur dertig"),
    ("om 10:30 uur", "om tien uur dertig"),
    ("om 10.30 uur", "om tien uur dertig"),
    ("om 9:00", "om negen uur"),
    ("over 36 uur", "over zesendertig uur"),
    ("op 20-11-2026", "op twintig november tweeduizendzesentwintig"),
    ("2026-11-20", "twintig november tweeduizendzesentwintig"),
    ("sinds 1985", "sinds negentienhonderdvijfentachtig"),
    ("€ 12,50", "twaalf euro vijftig"),
    ("€ 1", "één euro"),
    ("€ 0,30/kWh", "dertig cent per kilowattuur"),
    ("3 miljoen €", "drie miljoen euro"),
    ("1.000.000", "een miljoen"),
    ("de 1e keer", "de eerste keer"),
    ("de 2de verdieping", "de tweede verdieping"),
    ("de 20ste", "de twintigste"),
    ("5-10 °C", "vijf tot tien graden Celsius"),
    ("Keuken & gang", "Keuken en gang"),
    ("€5,-", "vijf euro"),
    ("in mei 1999", "in mei negentienhonderdnegenennegentig"),
    ("om 18u30", "om achttien uur dertig"),
    ("van 8u-16u30", "van acht uur tot zestien uur dertig"),
    ("om 18.30", "om achttien uur dertig"),
    ("18:30h", "achttien uur dertig"),
    ("35 km/u", "vijfendertig kilometer per uur"),
    ("PM2,5", "P M twee komma vijf"),
    ("tussen 18-22 uur", "tussen achttien en tweeëntwintig uur"),
    ("bel 112", "bel één één twee"),
]


@pytest.mark.parametrize(("written", "said"), ROWS)
def test_dutch_is_said_as_people_say_it(written: str, said: str) -> None:
    assert Normalizer({}).spoken(written, "nl-NL") == said
