"""The API's description: it is true, and needs nothing from elsewhere."""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from http_houses import Client, house_served


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with house_served(tmp_path) as (_, found):
        yield found


async def test_the_page_needs_nothing_from_elsewhere_and_no_script(client: Client) -> None:
    got = await client.get("/docs")
    assert got.headers["content-type"].startswith("text/html")
    page = got.body.decode()
    HTMLParser().feed(page)
    assert "<script" not in page
    assert not re.search(r"(src|href)=\"(?!/openapi\.json)", page)
    assert "https://" not in page
    for path in ("/tts", "/api/announce", "/api/voices", "/metrics"):
        assert path in page
    assert re.search(r"style-src 'sha256-[A-Za-z0-9+/]{43}='", got.headers["content-security-policy"])


async def test_the_document_tells_every_refusal_in_its_true_shape(client: Client) -> None:
    document = (await client.get("/openapi.json")).json
    assert document["servers"] == [{"url": "/"}]
    assert len(document["paths"]) > 20
    assert set(document["components"]["schemas"]) == {"Refusal"}, "each model more is time that the first request waits"
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert {"401", "403", "429"} <= set(operation["responses"]), path
            assert "422" not in operation["responses"], path
            assert operation["security"] == [{"token": []}, {}]
