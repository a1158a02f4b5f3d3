"""The house over HTTP: announcements, orders, history, zones, status."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from cloning import CloningSine
from http_houses import Client, house_served
from miniature_house import MiniatureHouse

from voxd.model.announcement import State

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[MiniatureHouse, Client]]:
    async with house_served(tmp_path_factory.mktemp("house"), [CloningSine()]) as (house, client):
        yield house, client


@pytest.fixture(scope="module")
def house(served: tuple[MiniatureHouse, Client]) -> MiniatureHouse:
    return served[0]


@pytest.fixture(scope="module")
def client(served: tuple[MiniatureHouse, Client]) -> Client:
    return served[1]


async def test_an_announcement_is_accepted_and_heard(client: Client, house: MiniatureHouse) -> None:
    got = await client.post("/api/announce", json={"text": "Hello", "id": "heard", "zones": "kitchen"})
    assert (got.status, got.json) == (202, {"id": "heard", "state": "accepted"})
    await house.until("heard", State.FINISHED)
    again = await client.post("/api/announce", json={"text": "Hello", "id": "heard"})
    assert (again.status, again.json["reason"]) == (200, "Its id is known already")


async def test_whoever_waits_is_told_what_became_of_it(client: Client) -> None:
    got = await client.post("/api/announce?wait_s=10", data="A text alone")
    assert (got.status, got.json["state"]) == (200, "finished")
    one = await client.get(f"/api/announcements/{got.json['id']}")
    assert (one.json["text"], one.json["state"], one.json["source"]) == ("A text alone", "finished", "http/127.0.0.1")


@pytest.mark.parametrize(
    ("path", "sent", "word"),
    [
        ("/api/announce", {}, "text is missing"),
        ("/api/announce", {"text": "Hello", "voice": "nobody"}, "nobody"),
        ("/api/announce", {"text": "Hello", "zones": "cellar"}, "cellar"),
        ("/api/announce", {"text": "Hello", "volumen": 3, "rate": 7}, "did you mean volume"),
        ("/api/announce?wait_s=soon", {"text": "Hello"}, "wait_s"),
        ("/api/stop", {"id": ""}, "id is empty"),
        ("/api/do_not_disturb", {}, "on is missing"),
    ],
)
async def test_what_is_wrong_is_told_in_a_sentence(client: Client, path: str, sent: Any, word: str) -> None:
    got = await client.post(path, json=sent)
    assert got.status == 400
    assert word in got.json["error"]


async def test_what_is_being_said_can_be_stopped_and_what_waits_cancelled(
    client: Client, house: MiniatureHouse
) -> None:
    house.outputs["kitchen"].gate = asyncio.Event()
    for id_ in ("first", "second"):
        await client.post("/api/announce", json={"text": f"The {id_}", "id": id_, "zones": "kitchen"})
    await house.until("first", State.PLAYING)
    cancelled = await client.ask("DELETE", "/api/announcements/second")
    assert (cancelled.status, cancelled.json) == (200, {"ids": ["second"]})
    assert (await client.post("/api/stop")).json == {"ids": ["first"]}
    assert (await client.ask("DELETE", "/api/announcements/second")).status == 409
    assert (await client.ask("DELETE", "/api/announcements/third")).status == 404
    assert (await client.get("/api/announcements/third")).status == 404
    house.outputs["kitchen"].gate = None


async def test_the_history_is_told_newest_first_and_filtered(client: Client) -> None:
    for id_, text, zone, priority in (("h1", "The Washing", "attic", "low"), ("h2", "The mail", "kitchen", "high")):
        wish = {"id": id_, "text": text, "zones": zone, "priority": priority}
        await client.post("/api/announce?wait_s=10", json=wish)
    for query, found in (
        ("", ["h2", "h1"]),
        ("&limit=1", ["h2"]),
        ("&text=washing", ["h1"]),
        ("&zone=attic", ["h1"]),
        ("&priority=high&state=finished", ["h2"]),
        ("&source=mqtt", []),
    ):
        got = await client.get(
            f"/api/announcements?source=http{query}" if "source" not in query else f"/api/announcements?{query[1:]}"
        )
        ids = [one["id"] for one in got.json["announcements"]]
        assert [id_ for id_ in ids if id_ in ("h1", "h2")] == found, query
    assert (await client.get("/api/announcements?limit=0")).status == 400
    assert (await client.get("/api/announcements?colour=red")).status == 400


async def test_an_alarm_is_acknowledged(client: Client, house: MiniatureHouse) -> None:
    alarm = {"text": "Fire", "priority": "alarm", "id": "fire", "repeat_max": 3}
    await client.post("/api/announce", json=alarm)
    await house.until("fire", State.PLAYING)
    assert (await client.post("/api/acknowledge", json={"id": "fire"})).json == {"ids": ["fire"]}


async def test_the_zones_are_told_with_what_holds_there(client: Client) -> None:
    await client.post("/api/prefer", json={"volume": 40, "zones": ["kitchen"]})
    await client.post("/api/do_not_disturb", json={"on": True, "zones": ["attic"]})
    told = (await client.get("/api/zones")).json
    kitchen, attic = told["zones"]
    assert (kitchen["name"], kitchen["volume"], kitchen["do_not_disturb"]) == ("kitchen", 40, False)
    assert (attic["volume"], attic["do_not_disturb"], attic["quiet"]) == (100, True, {"hours": None, "passes": "high"})
    await client.post("/api/do_not_disturb", json={"on": False, "zones": ["attic"]})


async def test_the_status_is_that_of_the_command_line(client: Client) -> None:
    told = (await client.get("/api/status")).json
    assert (told["version"], told["sick"], told["state"]) == ("1.2.3", [], "idle")
    assert told["engines"]["sine"]["state"] == "ready"


def a_voice(clip: bytes, **fields: str) -> aiohttp.FormData:
    form = aiohttp.FormData(fields, default_to_multipart=True)
    form.add_field("clip", clip, filename="mum.wav")
    return form


async def test_a_voice_is_enrolled_replaced_tried_and_removed(client: Client, house: MiniatureHouse) -> None:
    mum = {"consent": "Anna", "transcript": "Hello, it is me"}
    made = await client.post("/api/voices", data=a_voice(b"a recording", name="mum", **mum))
    assert (made.status, made.json["revision"], made.json["consent"]) == (201, 1, "Anna"), made.body
    assert (await client.post("/api/voices", data=a_voice(b"another", name="mum", **mum))).status == 409
    replaced = await client.ask("PUT", "/api/voices/mum", data=a_voice(b"another", **mum))
    assert (replaced.status, replaced.json["revision"]) == (200, 2)
    assert (await client.ask("PUT", "/api/voices/dad", data=a_voice(b"another", **mum))).status == 404
    assert (await client.get("/api/voices/mum")).json["enrolled"]["origin"] == "http"
    names = [voice["name"] for voice in (await client.get("/api/voices")).json["voices"]]
    assert {"mum", "sine-anna"} <= set(names)
    assert (await client.post("/api/voices/mum/test", json={"text": "Hello"})).json["voice"] == "mum"
    assert (await client.ask("DELETE", "/api/voices/mum")).json == {"name": "mum"}
    for method, path in (("DELETE", "/api/voices/mum"), ("GET", "/api/voices/mum"), ("POST", "/api/voices/mum/test")):
        assert (await client.ask(method, path)).status == 404


@pytest.mark.parametrize(
    ("clip", "fields", "word"),
    [
        (b"a recording", {"name": "mum", "transcript": "Hello"}, "consent is missing"),
        (b"a recording", {"consent": "Anna"}, "name is missing"),
        (b"a recording", {"name": "../mum", "consent": "Anna"}, "cannot be the name"),
        (b"", {"name": "mum", "consent": "Anna"}, "clip is missing"),
        (b"bad", {"name": "mum", "consent": "Anna", "transcript": "Hello it is me"}, "not a sound file"),
    ],
)
async def test_an_upload_that_is_no_voice_is_refused(client: Client, clip: bytes, fields: Any, word: str) -> None:
    got = await client.post("/api/voices", data=a_voice(clip, **fields))
    assert got.status == 400
    assert word in got.json["error"]
