"""What was promised and what became of it: the word of the broker against the play log, in the manner of Jepsen."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise

from play_log import START, Line

HEARD_AGAIN_MAX = 0.002
"""The part of all words that may be heard again after their end: a kill may fall between last sample and commit."""


@dataclass(frozen=True)
class Play:
    """A word being heard once. `finished`: to its end."""

    pid: int
    finished: bool


@dataclass(frozen=True)
class Verdict:
    """What is wrong, the words by their faults; and how much was looked at.

    `lost`: acknowledged, never heard to the end, and the journal does not say why. `doubled`: begun again though no
    kill fell into its playing. `thrice`: begun more than twice. `heard_again`: begun again after it was heard to
    its end. `unasked`: heard, but nobody said it.

    These are told apart and are no faults: `cut_off`, not heard to its end, as the journal tells; `given_up`, cut off
    by kills in both of its starts; `given_up_early`, the same, but one of the kills fell between the commit of a start
    and its first sound; `forgotten`, never delivered by a broker that was killed before it had
    saved what it had acknowledged: it is not in what was saved then.
    """

    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    thrice: tuple[str, ...]
    heard_again: tuple[str, ...]
    unasked: tuple[str, ...]
    cut_off: tuple[str, ...]
    given_up: tuple[str, ...]
    given_up_early: tuple[str, ...]
    forgotten: tuple[str, ...]
    acknowledged: int
    plays: int
    second_starts: int

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        few = len(self.heard_again) <= HEARD_AGAIN_MAX * self.acknowledged
        return few and not self.faults

    @property
    def faults(self) -> tuple[str, ...]:
        """The words of which not a single one may be."""
        return (*self.lost, *self.doubled, *self.thrice, *self.unasked)

    def __str__(self) -> str:
        shown = {field.name: getattr(self, field.name) for field in fields(self)}
        return ", ".join(
            f"{name} {value}" if isinstance(value, int) else f"{name} {len(value)} {' '.join(value[:5])}".strip()
            for name, value in shown.items()
        )


def verdict(
    *,
    published: Collection[str],
    acknowledged: Collection[str],
    log: Iterable[Line],
    killed: Collection[int],
    journal: Mapping[str, str],
    forgettable: Collection[str] = (),
) -> Verdict:
    """Compare. `killed` are the processes that were killed; `journal` holds the states of words; `forgettable` are the
    words that a broker had acknowledged, and that were not in what it had saved, when it was killed.
    """
    plays = plays_of(log)
    finished = {word for word, each in plays.items() if any(play.finished for play in each)}
    unheard = set(acknowledged) - finished
    forgotten = {word for word in unheard.intersection(forgettable) if word not in plays and word not in journal}
    missing = sorted(unheard - forgotten)
    excused = [word for word in missing if _excused(plays.get(word, []), journal.get(word), killed)]
    return Verdict(
        lost=tuple(word for word in missing if word not in excused),
        doubled=tuple(word for word, each in plays.items() if _doubled(each, killed)),
        thrice=tuple(word for word, each in plays.items() if len(each) > 2),
        heard_again=tuple(word for word, each in plays.items() if any(play.finished for play in each[:-1])),
        unasked=tuple(sorted(plays.keys() - set(published))),
        cut_off=tuple(word for word in excused if journal[word] != "failed"),
        given_up=tuple(word for word in excused if journal[word] == "failed" and len(plays[word]) > 1),
        given_up_early=tuple(word for word in excused if journal[word] == "failed" and len(plays[word]) == 1),
        forgotten=tuple(sorted(forgotten)),
        acknowledged=len(acknowledged),
        plays=sum(map(len, plays.values())),
        second_starts=sum(len(each) > 1 for each in plays.values()),
    )


def plays_of(log: Iterable[Line]) -> dict[str, list[Play]]:
    """The plays of each word, in order."""
    plays: dict[str, list[Play]] = defaultdict(list)
    for line in log:
        if line.kind == START:
            plays[line.word].append(Play(line.pid, finished=False))
        else:
            plays[line.word][-1] = Play(line.pid, finished=True)
    return dict(plays)


def _doubled(plays: list[Play], killed: Collection[int]) -> bool:
    """Whether it was begun again where no kill fell into its playing; after its end it counts as heard again."""
    return any(earlier.pid not in killed or earlier.pid == later.pid for earlier, later in pairwise(plays))


def _excused(plays: list[Play], state: str | None, killed: Collection[int]) -> bool:
    """Whether there is a reason that it was not heard to its end."""
    match state:
        case "interrupted":  # half of it was heard when it was cut off
            return len(plays) >= 1 and plays[-1].pid in killed
        case "failed":  # voxd was killed each time that it began to sound, maybe a moment before that was heard
            return len(plays) >= 1 and all(play.pid in killed for play in plays)
        case "expired" | "replaced" | "coalesced" | "suppressed" | "cancelled":
            return True
    return False
