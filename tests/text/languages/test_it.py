"""Italian, as people say it."""

import pytest

from voxd.text.normalizer import Normalizer

ROWS = [
    ("La temperatura è 21,5 °C", "La temperatura è ventuno virgola cinque gradi"),
    ("La temperatura è 21.5 °C", "La temperatura è ventuno virgola cinque gradi"),
    ("C'è 1 °C", "C'è un grado"),
    ("-4 %", "meno quattro per cento"),
    ("Il forno consuma 3,5 kWh", "Il forno consuma tre virgola cinque chilowattora"),
    ("2300W", "duemilatrecento watt"),
    ("Vento a 12 km/h", "Vento a dodici chilometri orari"),
    ("10 m²", "dieci metri quadrati"),
    ("3 GB", "tre gigabyte"),
    ("1.013 hPa", "milletredici ettopascal"),
    ("12 µg/m³", "dodici microgrammi per metro cubo"),
    ("alle 10:30", "alle dieci e trenta"),
    ("ore 9:00", "ore nove"),
    ("alle 21:05", "alle ventuno e cinque"),
    ("il 20/11/2026", "il venti novembre duemilaventisei"),
    ("il 01/05/2026", "il primo maggio duemilaventisei"),
    ("2026-11-20", "venti novembre duemilaventisei"),
    ("nel 2023", "nel duemilaventitré"),
    ("12,50 €", "dodici euro e cinquanta centesimi"),
    ("1 €", "un euro"),
    ("0,20 €/kWh", "venti centesimi per chilowattora"),
    ("3 milioni €", "tre milioni di euro"),
    ("1.000.000", "un milione"),
    ("1 finestra aperta", "una finestra aperta"),
    ("1 messaggio nuovo", "un messaggio nuovo"),
    ("il 3º piano", "il terzo piano"),
    ("la 2ª porta", "la seconda porta"),
    ("5-10 °C", "cinque a dieci gradi"),
    ("3,05 m", "tre virgola zero cinque metri"),
    ("alle 5 mi sveglio", "alle cinque mi sveglio"),
    ("alle 5 ha chiamato", "alle cinque ha chiamato"),
    ("23 gradi", "ventitré gradi"),
    ("Sala & cucina", "Sala e cucina"),
    ("1 h", "un'ora"),
    ("1 studio", "uno studio"),
    ("1° piano", "primo piano"),
    ("il 1 maggio", "il primo maggio"),
    ("alle 18.30", "alle diciotto e trenta"),
    ("dalle 18.30 alle 19.05", "dalle diciotto e trenta alle diciannove e cinque"),
    ("ore 7.05", "ore sette e cinque"),
    ("alle ore 00:00", "alle ore zero"),
    ("alle 00:15", "alle zero e quindici"),
    ("18.30 metri", "diciotto virgola trenta metri"),
    ("PM2,5", "P M due virgola cinque"),
    ("tra 18-22", "tra diciotto e ventidue"),
    ("chiama il 112", "chiama il uno uno due"),
    ("1.000.000 €", "un milione di euro"),
]


@pytest.mark.parametrize(("written", "said"), ROWS)
def test_italian_is_said_as_people_say_it(written: str, said: str) -> None:
    assert Normalizer({}).spoken(written, "it-IT") == said
