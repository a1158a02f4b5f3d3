"""German, as people say it."""

import pytest

from voxd.text.normalizer import Normalizer

ROWS = [
    ("Es sind 21,5 °C", "Es sind einundzwanzig Komma fünf Grad Celsius"),
    ("Es sind 21.5 °C", "Es sind einundzwanzig Komma fünf Grad Celsius"),
    ("Es ist 1 °C", "Es ist ein Grad Celsius"),
    ("-4 %", "minus vier Prozent"),
    ("Die Heizung verbraucht 3,5 kWh", "Die Heizung verbraucht drei Komma fünf Kilowattstunden"),
    ("Verbrauch: 1 kWh", "Verbrauch: eine Kilowattstunde"),
    ("Leistung 2300W", "Leistung zweitausenddreihundert Watt"),
    ("Wind mit 12 km/h", "Wind mit zwölf Kilometer pro Stunde"),
    ("Der Raum hat 10 m².", "Der Raum hat zehn Quadratmeter."),
    ("1.013 hPa", "eintausenddreizehn Hektopascal"),
    ("Noch 3 GB frei", "Noch drei Gigabyte frei"),
    ("CO2 bei 850 ppm", "CO2 bei achthundertfünfzig P P M"),
    ("12 µg/m³ Feinstaub", "zwölf Mikrogramm pro Kubikmeter Feinstaub"),
    ("Um 10:30 Uhr", "Um zehn Uhr dreißig"),
    ("Um 10:30", "Um zehn Uhr dreißig"),
    ("Um 10.30 Uhr", "Um zehn Uhr dreißig"),
    ("Um 1 Uhr", "Um ein Uhr"),
    ("Um 0:15 Uhr", "Um null Uhr fünfzehn"),
    ("um 7 am Montag", "um sieben am Montag"),
    ("am 3. Mai", "am dritten Mai"),
    ("Der 3. Mai ist frei", "Der dritte Mai ist frei"),
    ("Ein 3. Versuch", "Ein dritter Versuch"),
    ("im 21. Jahrhundert", "im einundzwanzigsten Jahrhundert"),
    ("Am 20.11.2026 um 8", "Am zwanzigsten November zweitausendsechsundzwanzig um acht"),
    ("Heute ist der 20.11.2026", "Heute ist der zwanzigste November zweitausendsechsundzwanzig"),
    ("Am 20.11. ist Schluss", "Am zwanzigsten November ist Schluss"),
    ("2026-11-20", "zwanzigster November zweitausendsechsundzwanzig"),
    ("seit 1985", "seit neunzehnhundertfünfundachtzig"),
    ("Es kostet 12,50 €", "Es kostet zwölf Euro fünfzig"),
    ("€12.50", "zwölf Euro fünfzig"),
    ("1 €", "ein Euro"),
    ("0,30 €/kWh", "dreißig Cent pro Kilowattstunde"),
    ("32 ct/kWh", "zweiunddreißig Cent pro Kilowattstunde"),
    ("3 Millionen €", "drei Millionen Euro"),
    ("1.000.000 Menschen", "eine Million Menschen"),
    ("1.234,56 €", "eintausendzweihundertvierunddreißig Euro sechsundfünfzig"),
    ("5-10 °C", "fünf bis zehn Grad Celsius"),
    ("1 Fenster ist offen", "ein Fenster ist offen"),
    ("1 Tür ist offen", "eine Tür ist offen"),
    ("noch 1 Minute", "noch eine Minute"),
    ("Strom pro kWh", "Strom pro Kilowattstunde"),
    ("Wohnzimmer & Küche", "Wohnzimmer und Küche"),
    ("1. Öffne die Tür", "eins: Öffne die Tür"),
    ("1. Mai", "erster Mai"),
    ("Es sind 21. Das reicht", "Es sind einundzwanzig. Das reicht"),
    ("Noch 2 h 30 min", "Noch zwei Stunden dreißig Minuten"),
    ("Es steht 3:2", "Es steht drei zu zwei"),
    ("vom 20.-25. Mai", "vom zwanzigsten bis fünfundzwanzigsten Mai"),
    ("20.11. Müllabfuhr", "zwanzigster November Müllabfuhr"),
    ("5 kWh/100 km", "fünf Kilowattstunden pro einhundert Kilometer"),
    ("1 Waschmaschine läuft", "eine Waschmaschine läuft"),
]


@pytest.mark.parametrize(("written", "said"), ROWS)
def test_german_is_said_as_people_say_it(written: str, said: str) -> None:
    assert Normalizer({}).spoken(written, "de-DE") == said
