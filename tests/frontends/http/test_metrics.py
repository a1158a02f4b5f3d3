"""What Prometheus is told: in its format, and true."""

import asyncio
import re
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cloning import CloningSine
from engines_for_tests import WatchedSine
from http_houses import Client, house_served
from miniature_house import MiniatureHouse

from voxd.model.announcement import State

PROMTOOL = ("promtool", "check", "metrics")


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[MiniatureHouse, Client]]:
    model = WatchedSine("model", "ready")
    model.turn(
        "ready", device="cuda", memory_mb=1500, embeddings={"held": 2, "hits": 5, "misses": 1, "encoding_s": 0.5}
    )
    async with house_served(tmp_path, [CloningSine(), model]) as (house, client):
        yield house, client


async def told(client: Client) -> dict[str, float]:
    got = await client.get("/metrics")
    assert got.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line.rsplit(" ", 1) for line in got.body.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


async def test_promtool_finds_nothing_wrong_with_the_metrics(served: tuple[MiniatureHouse, Client]) -> None:
    _, client = served
    await client.post("/api/announce?wait_s=5", data="Hello")
    text = (await client.get("/metrics")).body
    promtool = await asyncio.create_subprocess_exec(
        "promtool", "check", "metrics", stdin=PIPE, stdout=PIPE, stderr=STDOUT
    )
    async with asyncio.timeout(20):
        complaints, _ = await promtool.communicate(text)
    assert (promtool.returncode, complaints) == (0, b"")


async def test_what_was_announced_and_rendered_is_counted_and_measured(served: tuple[MiniatureHouse, Client]) -> None:
    house, client = served
    await client.post("/api/announce?wait_s=5", json={"text": "Hello", "priority": "high"})
    house.engine.fails_after = 0
    await client.post("/tts", json={"text": "Broken"})
    house.engine.fails_after = None
    await client.post("/tts", json={"text": "Whole"})
    now = await told(client)
    high = 'engine="sine",priority="high"'
    assert now['voxd_announcements_total{priority="high",state="finished"}'] == 1
    assert now[f"voxd_first_audio_seconds_count{{{high}}}"] == now[f"voxd_announcement_seconds_count{{{high}}}"] == 1
    assert now['voxd_queued_seconds_count{priority="high"}'] == 1
    for urgency in ("announcement", "rendering"):
        assert now[f'voxd_sentences_total{{engine="sine",source="engine",urgency="{urgency}"}}'] == 1
        assert now[f'voxd_sentence_first_audio_seconds_count{{engine="sine",urgency="{urgency}"}}'] == 1
    assert now['voxd_sentence_failures_total{engine="sine"}'] == 1
    assert now['voxd_http_requests_total{method="POST",route="/tts",status="200"}'] == 1
    assert now['voxd_http_requests_total{method="POST",route="/tts",status="500"}'] == 1


async def test_what_is_now_is_told_as_it_is(served: tuple[MiniatureHouse, Client]) -> None:
    house, client = served
    now = await told(client)
    assert now['voxd_engine_state{engine="model",state="ready"}'] == 1
    assert now['voxd_engine_memory_bytes{device="cuda",engine="model"}'] == 1.5e9
    assert now['voxd_embeddings_hits_total{engine="model"}'] == 5
    assert now["voxd_announcements_waiting"] == now["voxd_alarms"] == 0
    assert now['voxd_build_info{version="1.2.3"}'] == 1
    assert now["process_resident_memory_bytes"] > 1e6
    house.outputs["kitchen"].deaf = True
    await client.post("/api/announce", json={"text": "Hello", "zones": "kitchen", "id": "deaf", "ttl_s": 0.1})
    await house.until("deaf", State.QUEUED)


async def test_strangers_choose_no_labels(served: tuple[MiniatureHouse, Client]) -> None:
    _, client = served
    for path in ("/a", "/b", "/api/voices/nobody", "/api/announcements/x"):
        await client.get(path)
    await client.ask("BREW", "/coffee")
    await client.get("/health", headers={"Host": "evil.example"})
    routes = {found for name in await told(client) if (found := re.search(r'route="([^"]+)"', name))}
    assert {found[1] for found in routes} == {"none", "/api/voices/{name}", "/api/announcements/{id}"}
