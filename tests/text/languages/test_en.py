"""English, as people say it."""

import pytest

from voxd.text.normalizer import Normalizer

ROWS = [
    ("The temperature is 21.5 °C", "The temperature is twenty-one point five degrees Celsius"),
    ("It is 1 °C outside.", "It is one degree Celsius outside."),
    ("-4 %", "minus four percent"),
    ("Humidity is 45%.", "Humidity is forty-five percent."),
    ("The heater draws 3.5 kWh", "The heater draws three point five kilowatt hours"),
    ("Power: 2300W", "Power: two thousand three hundred watts"),
    ("Wind at 12 km/h", "Wind at twelve kilometers per hour"),
    ("72°F", "seventy-two degrees Fahrenheit"),
    ("It is 21.0 °C", "It is twenty-one degrees Celsius"),
    ("CO2 is 850 ppm", "CO2 is eight hundred and fifty parts per million"),
    ("PM2.5 is 12 µg/m³", "P M two point five is twelve micrograms per cubic meter"),
    ("Battery 9 V and 300 mAh", "Battery nine volts and three hundred milliamp hours"),
    ("The room has 10 m².", "The room has ten square meters."),
    ("3 GB free", "three gigabytes free"),
    (
        "1013 hPa, 12 mm of rain, 400 lx",
        "one thousand and thirteen hectopascals, twelve millimeters of rain, four hundred lux",
    ),
    ("The alarm is set for 10:30.", "The alarm is set for ten thirty."),
    ("Dinner at 7:30 pm", "Dinner at seven thirty PM"),
    ("At 7 pm we eat", "At seven PM we eat"),
    ("At 10:05 and 9:00", "At ten oh five and nine o'clock"),
    ("At 18:45", "At six forty-five PM"),
    ("Due on 2026-11-20", "Due on November twentieth twenty twenty-six"),
    ("Due on 11/20/2026", "Due on November twentieth twenty twenty-six"),
    ("On November 20, 2026 we move", "On November twentieth twenty twenty-six we move"),
    ("On May 3 it rains", "On May third it rains"),
    ("The 21st of June", "The twenty-first of June"),
    ("It costs €12.50", "It costs twelve euros and fifty cents"),
    ("$3 each", "three dollars each"),
    ("£1.01", "one pound and one penny"),
    ("¥500", "five hundred yen"),
    ("$1,234.56", "one thousand two hundred and thirty-four dollars and fifty-six cents"),
    ("It cost $3 million", "It cost three million dollars"),
    ("€0.32/kWh", "thirty-two cents per kilowatt hour"),
    ("1,000,000 people", "one million people"),
    ("5-10 °C", "five to ten degrees Celsius"),
    ("20–25 minutes", "twenty to twenty-five minutes"),
    ("Open from 10:30-11:00", "Open from ten thirty to eleven o'clock"),
    ("since 1985", "since nineteen eighty-five"),
    ("You have 3 new messages", "You have three new messages"),
    ("+5 degrees", "plus five degrees"),
    (">30 lux", "more than thirty lux"),
    ("Code 007", "Code zero zero seven"),
    ("2026-11-20T10:30:00+01:00", "November twentieth twenty twenty-six, ten thirty"),
    ("Milk & bread", "Milk and bread"),
    ("10 x 20 cm", "ten times twenty centimeters"),
    ("Ratio 16:9", "Ratio sixteen to nine"),
    ("The #1 rule", "The number one rule"),
    ("€5-10", "five to ten euros"),
    ("In May 2026", "In May twenty twenty-six"),
    ("10 000 people", "ten thousand people"),
    ("At 24:00", "At midnight"),
    ("3+4=7", "three plus four equals seven"),
    ("20°-25°C", "twenty degrees to twenty-five degrees Celsius"),
    ("The code is 1234", "The code is one two three four"),
    ("PIN 1234", "PIN one two three four"),
    ("Done in 10 mins and 45 secs", "Done in ten minutes and forty-five seconds"),
    ("2 hrs", "two hours"),
    ("1h 5m", "one hour five minutes"),
    ("1h5m left", "one hour five minutes left"),
    ("5m 30s", "five minutes thirty seconds"),
    ("5m of cable", "five meters of cable"),
    ("between 18-22", "between eighteen and twenty-two"),
    ("between 10:30-11:00", "between ten thirty and eleven o'clock"),
    ("Open 3pm-5pm", "Open three PM to five PM"),
    ("Open 3-5 pm", "Open three to five PM"),
    ("0:45 left", "zero forty-five left"),
    ("18:30h", "six thirty PM"),
    ("in the 90s", "in the nineties"),
    ("on 5 Dec", "on December fifth"),
    ("On Dec. 5 at 3 pm", "On December fifth at three PM"),
    ("Call 911 now", "Call nine one one now"),
    ("Dial 112.", "Dial one one two."),
    ("Call 100 people", "Call one hundred people"),
    ("It cost $1.5M", "It cost one point five million dollars"),
    ("€10k", "ten thousand euros"),
    ("PM2,5 is high", "P M two point five is high"),
    ("Max 25 Min 18", "Max twenty-five Min eighteen"),
]


@pytest.mark.parametrize(("written", "said"), ROWS)
def test_english_is_said_as_people_say_it(written: str, said: str) -> None:
    assert Normalizer({}).spoken(written, "en") == said


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("en-GB", "Due on 03/04/2026", "Due on the third of April twenty twenty-six"),
        ("en-US", "Due on 03/04/2026", "Due on March fourth twenty twenty-six"),
        ("en", "Due on 03/04/2026", "Due on March fourth twenty twenty-six"),
        ("en-GB", "Due on the 20/11/2026", "Due on the twentieth of November twenty twenty-six"),
        ("en-US", "Due on 20/11/2026", "Due on November twentieth twenty twenty-six"),
        ("en_AU", "1/12/2026", "the first of December twenty twenty-six"),
    ],
)
def test_the_region_decides_on_the_order_of_a_date(language: str, written: str, said: str) -> None:
    assert Normalizer({}).spoken(written, language) == said


@pytest.mark.parametrize(
    "text",
    [
        "Version 2026.11.3 is out",
        "Ping 192.168.1.10 now",
        "Write to jane.doe3@example.com today",
        "The MAC is a4:cf:12:00:11:22",
        "A 3D print in 4K",
        "Room B12 and an x86-64",
        "It is open 24/7",
        "The 1990s and 5'10\"",
        "At 2001:db8::1 now",
        "The score is 2-1",
    ],
)
def test_what_is_no_quantity_stays_as_it_was_written(text: str) -> None:
    assert Normalizer({}).spoken(text, "en") == text


def test_a_phone_number_is_said_digit_by_digit() -> None:
    said = "Call plus four nine, one seven one, one two three four five six seven"
    assert Normalizer({}).spoken("Call +49 171 1234567", "en") == said


def test_a_link_is_said_without_its_scheme() -> None:
    assert Normalizer({}).spoken("See https://www.example.com/a1.", "en") == "See example.com/a1."
