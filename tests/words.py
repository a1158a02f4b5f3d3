"""Words that nobody has said before, spoken as PCM from which they can be read again."""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass

from voxd.model.audio import AudioFormat, Chunk
from voxd.synthesis.engine import EngineTraits, Sentence, Speaker

FORMAT = AudioFormat(16_000)
PIECE_MS = 20
PIECE_BYTES = FORMAT.bytes_per_s * PIECE_MS // 1000
MAGIC = (12_345).to_bytes(2, "little", signed=True) + (-12_345).to_bytes(2, "little", signed=True)
HEADER_BYTES = 10
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_SYLLABLES = [consonant + vowel for consonant in _CONSONANTS for vowel in _VOWELS]
_SYLLABLES_OF_A_WORD = 3
WORDS = len(_SYLLABLES) ** _SYLLABLES_OF_A_WORD
_STEP = 11
_APART = 3001


def word(number: int) -> str:
    """The word of that number, which no normalizer changes: another one for every number below `WORDS`."""
    syllables = []
    for _ in range(_SYLLABLES_OF_A_WORD):
        number, rest = divmod(number, len(_SYLLABLES))
        syllables.append(_SYLLABLES[rest])
    return "".join(reversed(syllables))


def words(seed: int) -> Iterator[str]:
    """`WORDS` words, none twice; each seed begins elsewhere among them, 3,001 words after the one before."""
    for number in range(WORDS):
        yield word((seed * _APART + number) * _STEP % WORDS)


@dataclass(frozen=True)
class Piece:
    """What 20 ms of sound say: a word, and which of its pieces they are."""

    word: str
    number: int
    of: int


def spoken(text: str, pieces: int) -> list[bytes]:
    """The PCM of a word, a piece each."""
    letters = text.encode()
    header = MAGIC + b"".join(value.to_bytes(2, "little") for value in (pieces, len(letters)))
    body = b"".join(bytes((letter, 0)) for letter in letters)
    return [(header + number.to_bytes(2, "little") + body).ljust(PIECE_BYTES, b"\0") for number in range(pieces)]


class WordReader:
    """Reads words from a stream of PCM, however it is cut into chunks and whatever silence lies between."""

    def __init__(self) -> None:
        self._unread = b""

    def read(self, pcm: bytes) -> list[Piece]:
        """The pieces that are known with these bytes."""
        self._unread += pcm
        found: list[Piece] = []
        while (at := self._unread.find(MAGIC)) >= 0:
            heard = self._unread[at:]
            values = [int.from_bytes(heard[index : index + 2], "little") for index in (4, 6, 8)]
            end = HEADER_BYTES + 2 * values[1]
            if len(heard) < HEADER_BYTES or len(heard) < end:
                self._unread = heard
                return found
            of, _, number = values
            found.append(Piece(heard[HEADER_BYTES:end:2].decode(), number, of))
            self._unread = heard[end:]
        self._unread = self._unread[-len(MAGIC) :]
        return found


class WordEngine:
    """Speaks every text as its first word, in 160 to 300 ms."""

    PIECES_MIN, PIECES_MAX = 8, 15

    def __init__(self, name: str) -> None:
        self.name = name
        self.traits = EngineTraits("words 1", FORMAT.rate_hz, concurrency=8)
        self.speakers = (Speaker("en-us", ("en-US",)),)

    async def start(self) -> None:
        """Always works."""

    async def stop(self) -> None:
        """Nothing to undo."""

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The sentence's word."""
        text = sentence.text.strip(" .!?").split(" ")[0].lower()
        pieces = self.PIECES_MIN + sum(text.encode()) % (self.PIECES_MAX - self.PIECES_MIN + 1)
        for pcm in spoken(text, pieces):
            yield Chunk(FORMAT, pcm)
