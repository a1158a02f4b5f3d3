"""Spanish, as people say it."""

import pytest

from voxd.text.normalizer import Normalizer

ROWS = [
    ("La temperatura es 21,5 °C", "La temperatura es veintiuno coma cinco grados"),
    ("La temperatura es 21.5 °C", "La temperatura es veintiuno coma cinco grados"),
    ("Hace 1 °C", "Hace un grado"),
    ("Hace 21 °C", "Hace veintiún grados"),
    ("-4 %", "menos cuatro por ciento"),
    ("El horno gasta 3,5 kWh", "El horno gasta tres coma cinco kilovatios hora"),
    ("2300W", "dos mil trescientos vatios"),
    ("Viento a 12 km/h", "Viento a doce kilómetros por hora"),
    ("10 m²", "diez metros cuadrados"),
    ("3 GB", "tres gigabytes"),
    ("1.013 hPa", "mil trece hectopascales"),
    ("400 lx", "cuatrocientos lux"),
    ("12 µg/m³", "doce microgramos por metro cúbico"),
    ("a las 10:30", "a las diez treinta"),
    ("a la 1:00", "a la una"),
    ("a las 21:05", "a las veintiuna y cinco"),
    ("a las 7 p. m.", "a las siete P M"),
    ("el 20/11/2026", "el veinte de noviembre de dos mil veintiséis"),
    ("el 1/5/2026", "el uno de mayo de dos mil veintiséis"),
    ("2026-11-20", "veinte de noviembre de dos mil veintiséis"),
    ("12,50 €", "doce euros con cincuenta céntimos"),
    ("1 €", "un euro"),
    ("21 €", "veintiún euros"),
    ("200 £", "doscientas libras"),
    ("0,20 €/kWh", "veinte céntimos por kilovatio hora"),
    ("3 millones €", "tres millones de euros"),
    ("21.000 personas", "veintiún mil personas"),
    ("21.000 €", "veintiún mil euros"),
    ("1.000.000", "un millón"),
    ("1 ventana abierta", "una ventana abierta"),
    ("1 mensaje nuevo", "un mensaje nuevo"),
    ("el 3.er piso", "el tercer piso"),
    ("la 2ª puerta", "la segunda puerta"),
    ("el 11º día", "el undécimo día"),
    ("5-10 °C", "cinco a diez grados"),
    ("3,05 m", "tres coma cero cinco metros"),
    ("Sala & cocina", "Sala y cocina"),
    ("101 casas", "ciento una casas"),
    ("1 problema", "un problema"),
    ("31 días", "treinta y un días"),
    ("a las 18.30", "a las dieciocho treinta"),
    ("a las 7.05.", "a las siete y cinco."),
    ("18.30 metros", "dieciocho coma treinta metros"),
    ("10:30-11:00h", "diez treinta a once"),
    ("PM2,5", "P M dos coma cinco"),
    ("entre 18-22", "entre dieciocho y veintidós"),
    ("llama al 112", "llama al uno uno dos"),
    ("1.000.000 €", "un millón de euros"),
]


@pytest.mark.parametrize(("written", "said"), ROWS)
def test_spanish_is_said_as_people_say_it(written: str, said: str) -> None:
    assert Normalizer({}).spoken(written, "es-ES") == said


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("es-MX", "3.5 kWh", "tres punto cinco kilovatios hora"),
        ("es-MX", "$1,500", "mil quinientos pesos"),
        ("es-MX", "1/5/2026", "primero de mayo de dos mil veintiséis"),
        ("es-AR", "$1.500", "mil quinientos pesos"),
    ],
)
def test_the_american_countries_speak_their_own_way(language: str, written: str, said: str) -> None:
    assert Normalizer({}).spoken(written, language) == said
