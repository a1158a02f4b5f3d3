"""The sentence splitter: where sentences end, and that the cutting of the stream does not matter."""

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxd.text.sentences import SentenceSplitter, split

ENDS = [
    ("en", "Hello there. How are you?", ["Hello there.", "How are you?"]),
    ("en", "It is 3.5 degrees. Wear a coat.", ["It is 3.5 degrees.", "Wear a coat."]),
    ("en", "Dr. Smith called. Mrs. Jones did not.", ["Dr. Smith called.", "Mrs. Jones did not."]),
    ("en", "It is 10:30. Time to go.", ["It is 10:30.", "Time to go."]),
    ("en", "See https://example.com/a.b?c=d. Then call.", ["See https://example.com/a.b?c=d.", "Then call."]),
    ("en", "Write to j.doe@example.co.uk. Thanks!", ["Write to j.doe@example.co.uk.", "Thanks!"]),
    ("en", "J. R. R. Tolkien wrote it. I read it.", ["J. R. R. Tolkien wrote it.", "I read it."]),
    ("en", "Well... maybe not. Fine.", ["Well... maybe not.", "Fine."]),
    ("en", "Wait... The door is open.", ["Wait...", "The door is open."]),
    ("en", 'He said "It is done." Then he left.', ['He said "It is done."', "Then he left."]),
    ("en", '"Stop!" he said. "Now."', ['"Stop!" he said.', '"Now."']),
    ("en", "The gate (see above.) is open. Close it.", ["The gate (see above.) is open.", "Close it."]),
    ("en", "It starts at 7 p.m. The film is long.", ["It starts at 7 p.m.", "The film is long."]),
    ("en", "Use tools, e.g. Hammers. Good.", ["Use tools, e.g. Hammers.", "Good."]),
    ("en", "See No. 5 and No. Never.", ["See No. 5 and No.", "Never."]),
    ("en", "1. Open the door. 2. Close it.", ["1. Open the door.", "2. Close it."]),
    ("en", "It draws 220 V. That is fine.", ["It draws 220 V.", "That is fine."]),
    ("en", "**Done.** Next one.", ["**Done.**", "Next one."]),
    ("en", "Really?! Yes.", ["Really?!", "Yes."]),
    ("en", "First line\nsecond line\n\nThird", ["First line", "second line", "Third"]),
    ("en", "- milk\n- bread\r\n* eggs", ["- milk", "- bread", "* eggs"]),
    ("en", "Buy: • milk • bread", ["Buy:", "• milk", "• bread"]),
    ("en", "👍! Great. Bye.", ["👍! Great.", "Bye."]),
    ("en", "Version 2026.11.3 is out. Update now.", ["Version 2026.11.3 is out.", "Update now."]),
    ("en", "the door is closed. please lock it.", ["the door is closed.", "please lock it."]),
    ("en", "It is 21. Close the window.", ["It is 21.", "Close the window."]),
    ("de", "Es sind 3,5 Grad. Zieh dich warm an.", ["Es sind 3,5 Grad.", "Zieh dich warm an."]),
    ("de", "Wir treffen uns am 3. Mai. Bring Kuchen mit.", ["Wir treffen uns am 3. Mai.", "Bring Kuchen mit."]),
    ("de", "Der 21. November ist frei. Gut.", ["Der 21. November ist frei.", "Gut."]),
    ("de", "Es sind 21. Das Fenster ist offen.", ["Es sind 21.", "Das Fenster ist offen."]),
    ("de", "Am 20.11.2026 kommt er. Ja.", ["Am 20.11.2026 kommt er.", "Ja."]),
    ("de", "Am 24.11. 18 Uhr Elternabend. Ja.", ["Am 24.11. 18 Uhr Elternabend.", "Ja."]),
    ("de", "24.11. Müllabfuhr. Gut.", ["24.11. Müllabfuhr.", "Gut."]),
    ("de", "Es sind 21.5. Das reicht.", ["Es sind 21.5.", "Das reicht."]),
    ("de", "Es kostet 3 Mio. Euro. Viel!", ["Es kostet 3 Mio. Euro.", "Viel!"]),
    ("de", "Noch 3 Std. 20 Min. warten. Gut.", ["Noch 3 Std. 20 Min. warten.", "Gut."]),
    ("de", "Heute ist 1. Advent. Schön.", ["Heute ist 1. Advent.", "Schön."]),
    ("de", "Geräte, z.B. Lampen und z. B. Heizungen. Gut.", ["Geräte, z.B. Lampen und z. B. Heizungen.", "Gut."]),
    ("de", "Es kostet 1.000.000 Euro. Viel!", ["Es kostet 1.000.000 Euro.", "Viel!"]),
    ("de", "Er sagte: „Komm.“ Dann ging er.", ["Er sagte: „Komm.“", "Dann ging er."]),
    ("de", "Prof. Dr. Meier usw. Danach Ende.", ["Prof. Dr. Meier usw.", "Danach Ende."]),
    ("fr", "M. Dupont est là. Il attend.", ["M. Dupont est là.", "Il attend."]),
    ("fr", "« Bonjour ! » Il entre.", ["« Bonjour ! »", "Il entre."]),
    ("fr", "« Bonjour ! » dit-il. Puis il part.", ["« Bonjour ! » dit-il.", "Puis il part."]),
    ("es", "Frutas, p. ej. Manzanas. ¿Quieres? Sí.", ["Frutas, p. ej. Manzanas.", "¿Quieres?", "Sí."]),
    ("it", "Il sig. Rossi è qui. Apri.", ["Il sig. Rossi è qui.", "Apri."]),
    ("nl", "Dhr. Jansen is er. Doe open.", ["Dhr. Jansen is er.", "Doe open."]),
    ("zh", "你好。今天很冷！带伞了吗？好", ["你好。", "今天很冷！", "带伞了吗？", "好"]),
    ("zh", "他说：「走吧。」然后走了。", ["他说：「走吧。」", "然后走了。"]),
    ("zh", "他说“走吧！”然后走了。", ["他说“走吧！”", "然后走了。"]),
    ("zh", "温度是3.5度。版本1.2.3；完成", ["温度是3.5度。", "版本1.2.3；", "完成"]),
    ("zh", "你好!世界很大.是的", ["你好!", "世界很大.", "是的"]),
    ("ja", "こんにちは。元気ですか？はい", ["こんにちは。", "元気ですか？", "はい"]),
    ("ar", "مرحبا؟ نعم۔ شكرا", ["مرحبا؟", "نعم۔", "شكرا"]),
    ("hi", "नमस्ते। आप कैसे हैं? ठीक", ["नमस्ते।", "आप कैसे हैं?", "ठीक"]),
]


@pytest.mark.parametrize(("language", "text", "sentences"), ENDS)
def test_sentences_end_where_a_reader_ends_them(language: str, text: str, sentences: list[str]) -> None:
    assert split(text, language) == sentences


@pytest.mark.parametrize(("language", "text", "sentences"), ENDS)
def test_the_same_text_letter_by_letter_gives_the_same(language: str, text: str, sentences: list[str]) -> None:
    splitter = SentenceSplitter(language)
    found = [sentence for letter in text for sentence in splitter.feed(letter)]
    assert found + splitter.finish() == sentences


@pytest.mark.parametrize(
    ("language", "fragment", "sentences"),
    [
        ("en", "The washing machine is finished. ", ["The washing machine is finished."]),
        ("en", "Open the door! ", ["Open the door!"]),
        ("en", "It is on. T", ["It is on."]),
        ("en", "It is 21.", []),
        ("en", "It is on. ", []),
        ("zh", "你好。", ["你好。"]),
        ("en", "Line\n", ["Line"]),
    ],
)
def test_a_sentence_is_given_as_soon_as_it_is_certain(language: str, fragment: str, sentences: list[str]) -> None:
    assert SentenceSplitter(language).feed(fragment) == sentences


@pytest.mark.parametrize(
    ("language", "text", "sentences"),
    [
        ("en", "Dinner is ready.", ["Dinner is ready."]),
        ("en", "It is on. ", ["It is on."]),
        ("en", "Come! Is it **on?**", ["Is it **on?**"]),
        ("de", "Das Essen ist fertig …", ["Das Essen ist fertig …"]),
        ("en", 'He said "stop."', ['He said "stop."']),
        ("en", "Dinner is ready", []),
        ("en", "It costs 3.", []),
        ("de", "Es ist der 3.", []),
        ("en", "This is Dr.", []),
        ("de", "Getränke, z.B.", []),
        ("en", 'He said "stop.', []),
        ("en", "...", []),
        ("en", "", []),
    ],
)
def test_behind_a_pause_what_ends_like_a_sentence_is_one(language: str, text: str, sentences: list[str]) -> None:
    splitter = SentenceSplitter(language)
    splitter.feed(text)
    assert splitter.pause() == sentences
    assert splitter.pause() == []
    assert splitter.feed(" Who calls? ") + splitter.finish() == split(
        ("" if sentences else text) + " Who calls?", language
    )


def test_a_long_sentence_is_cut_behind_a_clause_else_at_a_blank_else_anywhere() -> None:
    clauses = "one two three four, five six seven"
    assert _cut(clauses, 24) == ["one two three four,", "five six seven"]
    assert _cut("one two three four", 10) == ["one two", "three four"]
    assert _cut("abcdefghij", 4) == ["abcd", "efgh", "ij"]


def test_an_endless_stream_without_a_stop_is_held_in_bounded_memory() -> None:
    splitter = SentenceSplitter("en", 100)
    for _ in range(2000):
        splitter.feed("x" * 7)
        assert len(splitter._text) < 200


TEXTS = st.text(
    alphabet=st.sampled_from("aB5z. .!?…,;:。！？，「」“”\"'()«»\n\t 　éß你مDr.am3Mai•-*#।\ud800👍"), max_size=120
)


def _without_blanks(text: str) -> str:
    return "".join(text.split())


@settings(max_examples=300, deadline=None)
@given(
    text=st.one_of(TEXTS, st.text(max_size=80)),
    cuts=st.lists(st.integers(0, 120), max_size=12),
    language=st.sampled_from(["en", "de", "fr", "zh", "xx"]),
    max_chars=st.sampled_from([1, 5, 20, 400]),
)
def test_any_cutting_into_fragments_gives_the_same_sentences(
    text: str, cuts: list[int], language: str, max_chars: int
) -> None:
    whole = SentenceSplitter(language, max_chars)
    sentences = whole.feed(text) + whole.finish()
    pieces = SentenceSplitter(language, max_chars)
    edges = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    found = [s for start, end in itertools.pairwise(edges) for s in pieces.feed(text[start:end])]
    assert found + pieces.finish() == sentences
    assert _without_blanks("".join(sentences)) == _without_blanks(text)
    assert all(0 < len(sentence) <= max_chars for sentence in sentences)
    pausing = SentenceSplitter(language, max_chars)
    heard = [s for start, end in itertools.pairwise(edges) for s in (*pausing.feed(text[start:end]), *pausing.pause())]
    heard += pausing.finish()
    assert _without_blanks("".join(heard)) == _without_blanks(text), "nothing is lost in a pause, nor said twice"
    assert all(0 < len(sentence) <= max_chars for sentence in heard)


@pytest.mark.parametrize(
    "hostile", [".", "!", ". ", "a.", "a. ", "(", "“a。", " ", '"', "a!) ", "1.", "Dr. ", "•", "* "]
)
def test_hostile_text_is_split_in_well_under_a_second(hostile: str) -> None:
    text = (hostile * 20_000)[:20_000]
    began = time.process_time()
    split(text, "de")
    assert time.process_time() - began < 0.7


def _cut(text: str, max_chars: int) -> list[str]:
    splitter = SentenceSplitter("en", max_chars)
    return splitter.feed(text) + splitter.finish()
