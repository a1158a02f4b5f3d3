"""Sentences of twelve words that nobody has said before."""

from collections.abc import Iterator
from itertools import product

_THINGS = ("washing machine", "garden sprinkler", "coffee machine", "garage heater", "water pump", "tumble dryer")
_PLACES = ("basement", "kitchen", "cellar", "attic", "garage", "bathroom", "hallway", "workshop", "pantry", "nursery")
_STATES = ("done", "full", "empty", "ready", "cold", "warm", "open", "finished")
_WHEN = ("soon", "now", "today", "tonight", "later", "tomorrow", "quickly", "carefully", "again", "together")


def sentences() -> Iterator[str]:
    """4,800 distinct sentences of the same build; neighbours differ in more than their last word."""
    for when, state, place, thing in product(_WHEN, _STATES, _PLACES, _THINGS):
        yield f"The {thing} in the {place} is {state}, please empty it {when}."
