"""Whatever comes on Hermes' topics is read, or refused in words; nothing of it does harm."""

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voxd.errors import BadRequestError
from voxd.frontends.hermes import payloads
from voxd.frontends.hermes.asked import Asked, asked_in

KEYS = st.sampled_from(("text", "siteId", "id", "sessionId", "lang", "volume", "modes"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(("*", "kitchen", "0.5", "nan")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Hypothesis makes its table of characters when it is first asked, which takes seconds on a busy machine."""


@PATIENT
@given(st.binary() | st.dictionaries(KEYS, VALUES).map(lambda asked: json.dumps(asked).encode()))
def test_no_payload_does_harm(payload: bytes) -> None:
    asker = payloads.asker(payload)
    assert asker.sites
    json.dumps([asker.site, asker.id, asker.session])
    payloads.wants_outputs(payload)
    for read in (payloads.wish, payloads.volume):
        with suppress(BadRequestError):
            read(payload)
    with suppress(BadRequestError):
        wish = payloads.wish(payload)
        assert wish.text.strip()
        assert wish.volume is None or 0 <= wish.volume <= 100
        f"{wish.text}{wish.lang}".encode()


@PATIENT
@given(st.text(), st.none() | st.booleans() | st.integers() | st.text(), st.none() | st.text())
def test_who_asked_is_kept_as_a_text(site: str, id_: str | int | bool | None, session: str | None) -> None:
    asked = Asked("say", site, id_, session)
    assert asked_in(asked.kept) == asked


@pytest.mark.parametrize(
    "kept", [None, "", "7", "[]", "{}", '{"kind": "dance"}', '{"kind": [], "site": 1}', "of another door"]
)
def test_what_another_door_keeps_is_nothing_of_ours(kept: str | None) -> None:
    assert asked_in(kept) is None
