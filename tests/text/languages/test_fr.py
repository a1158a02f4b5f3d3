"""French, as people say it."""

import pytest

from voxd.text.normalizer import Normalizer

ROWS = [
    ("Le chauffage consomme 3,5 kWh", "Le chauffage consomme trois virgule cinq kilowattheures"),
    ("Il fait 21,5 °C", "Il fait vingt et un virgule cinq degrés Celsius"),
    ("Il fait 21.5 °C", "Il fait vingt et un virgule cinq degrés Celsius"),
    ("1,5 °C", "un virgule cinq degré Celsius"),
    ("-4 %", "moins quatre pour cent"),
    ("80 %", "quatre-vingts pour cent"),
    ("Puissance : 2300W", "Puissance : deux mille trois cents watts"),
    ("Vent à 12 km/h", "Vent à douze kilomètres par heure"),
    ("10 m²", "dix mètres carrés"),
    ("3 Go et 3 GB", "trois Go et trois gigaoctets"),
    ("1 013 hPa", "mille treize hectopascals"),
    ("1 bar", "un bar"),
    ("12 µg/m³", "douze microgrammes par mètre cube"),
    ("Rendez-vous à 10:30", "Rendez-vous à dix heures trente"),
    ("Rendez-vous à 10h30", "Rendez-vous à dix heures trente"),
    ("Rendez-vous à 10 h", "Rendez-vous à dix heures"),
    ("À 1:00", "À une heure"),
    ("À 21:00", "À vingt et une heures"),
    ("dans 21 minutes", "dans vingt et une minutes"),
    ("1 fenêtre est ouverte", "une fenêtre est ouverte"),
    ("le 20/11/2026", "le vingt novembre deux mille vingt-six"),
    ("le 01/05/2026", "le premier mai deux mille vingt-six"),
    ("2026-11-20", "vingt novembre deux mille vingt-six"),
    ("le 1er mai", "le premier mai"),
    ("la 2e porte", "la deuxième porte"),
    ("la 1re fois", "la première fois"),
    ("12,50 €", "douze euros cinquante"),
    ("1 €", "un euro"),
    ("0,20 €/kWh", "vingt centimes par kilowattheure"),
    ("3 millions €", "trois millions d'euros"),
    ("1 000 000 habitants", "un million habitants"),
    ("200 000 €", "deux cent mille euros"),
    ("3,05 m", "trois virgule zéro cinq mètres"),
    ("3,75 m", "trois virgule soixante-quinze mètres"),
    ("5-10 °C", "cinq à dix degrés Celsius"),
    ("à 5 m'appelle", "à cinq m'appelle"),
    ("en 1985", "en mille neuf cent quatre-vingt-cinq"),
    ("le 1 mai", "le premier mai"),
    ("n° 5", "numéro cinq"),
    ("1 h 30 min", "une heure trente minutes"),
    ("dans 10 mn", "dans dix minutes"),
    ("PM2,5", "P M deux virgule cinq"),
    ("entre 18-22", "entre dix-huit et vingt-deux"),
    ("de 8h-16h30", "de huit heures à seize heures trente"),
    ("entre 8h-16h", "entre huit heures et seize heures"),
    ("18:30h", "dix-huit heures trente"),
    ("1h 5m", "une heure cinq minutes"),
    ("appelle le 112", "appelle le un un deux"),
    ("1 000 000 €", "un million d'euros"),
    ("2 000 000 £", "deux millions de livres"),
]


@pytest.mark.parametrize(("written", "said"), ROWS)
def test_french_is_said_as_people_say_it(written: str, said: str) -> None:
    assert Normalizer({}).spoken(written, "fr-FR") == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr-FR", "soixante-dix pour cent"),
        ("fr-BE", "septante pour cent"),
        ("fr-CH", "septante pour cent"),
    ],
)
def test_belgium_and_switzerland_count_their_own_way(language: str, said: str) -> None:
    assert Normalizer({}).spoken("70 %", language) == said
