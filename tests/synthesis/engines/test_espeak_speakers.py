"""espeak-ng's table of voices as speakers with the language tags that everybody else uses."""

import pytest

from voxd.synthesis.engine import Speaker
from voxd.synthesis.engines import espeak_speakers

TABLE = """\
Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  af              --/M      Afrikaans          gmw/af               
 5  cmn             --/M      Chinese_(Mandarin,_latin_as_English) sit/cmn              (zh-cmn 5)(zh 5)
 5  de              --/M      German             gmw/de               
 5  en-029          --/M      English_(Caribbean) gmw/en-029           (en 10)
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 5  en-gb-x-gbcwmd  --/M      English_(West_Midlands) gmw/en-GB-x-gbcwmd   (en-gb 9)(en 9)
 2  en-us           --/M      English_(America)  gmw/en-US            (en 3)
 5  eu              --/M      Basque             eu                   
 5  fr-be           --/M      French_(Belgium)   roa/fr-BE            (fr 8)
 5  fr-fr           --/M      French_(France)    roa/fr               (fr 5)
 5  nb              --/M      Norwegian_Bokmål  gmq/nb               (no 5)
 2  ru-lv           --/M      Russian_(Latvia)   zle/ru-LV            
 5  ru              --/M      Russian            zle/ru               
 5  yue             --/M      Chinese_(Cantonese) sit/yue              (zh-yue 5)(zh 8)
 5  yue             --/M      Chinese_(Cantonese,_latin_as_Jyutping) sit/yue-Latn-jyutping (zh-yue 5)(zh 8)
a line that is none
"""  # noqa: W291  as the program prints it


def test_the_preferred_speaker_is_first_and_the_usual_one_first_of_its_language() -> None:
    names = [speaker.name for speaker in espeak_speakers.parse(TABLE)]
    assert names == ["en-us", "af", "cmn", "de", "en-gb", "en-gb-x-gbcwmd", "en-029", "eu", "fr-fr", "fr-be",
                     "nb", "ru", "ru-lv", "yue"]  # fmt: skip


def test_chinese_and_norwegian_are_found_under_the_names_people_write() -> None:
    languages = {speaker.name: speaker.languages for speaker in espeak_speakers.parse(TABLE)}
    assert languages["cmn"] == ("zh-CN", "zh")
    assert languages["yue"] == ("zh-HK", "yue")
    assert languages["nb"] == ("nb", "no")
    assert languages["en-gb"] == ("en-GB",)


def test_the_description_is_espeaks_own_name_in_words() -> None:
    assert espeak_speakers.parse(TABLE)[0] == Speaker("en-us", ("en-US",), "English (America)")
    assert "Norwegian Bokmål" in [speaker.description for speaker in espeak_speakers.parse(TABLE)]


@pytest.mark.parametrize(
    ("name", "tag"),
    [("en-us", "en-US"), ("de", "de"), ("es-419", "es-419"), ("fa-latn", "fa-Latn"), ("en-gb-x-rp", "en-GB-x-rp"),
     ("vi-vn-x-central", "vi-VN-x-central"), ("en-gb-scotland", "en-GB-scotland"), ("EN-US", "en-US")],
)  # fmt: skip
def test_a_tag_is_written_in_the_usual_case(name: str, tag: str) -> None:
    assert espeak_speakers.tag(name) == tag


def test_a_table_without_voices_gives_no_speakers() -> None:
    assert espeak_speakers.parse("") == espeak_speakers.parse("nonsense\n 5\n") == ()
