"""Who is let in over HTTP, and by which names: a wrong token, host or page gets nothing."""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from fastapi.routing import APIRoute
from http_houses import Client, Got, house_served, http_house, served
from miniature_house import MiniatureHouse

from voxd.errors import VoxdError
from voxd.frontends.http.house import routers_of
from voxd.frontends.http.metrics import Metrics
from voxd.frontends.http.routes.health import health_router
from voxd.frontends.http.routes.route import GuardedRoute, Routes
from voxd.frontends.http.tokens import Tokens
from voxd.frontends.http.visitors import Visitor, Visitors
from voxd.settings.http import SCOPES, HttpSettings, HttpTokenSettings

pytestmark = pytest.mark.asyncio(loop_scope="module")

FAR = {"X-Forwarded-For": "192.0.2.7"}
"""Somebody beyond this machine, by the word of the proxy that the tests are."""
TOKENS = {scope: f"a-secret-for-{scope}-0123456789" for scope in (*SCOPES, "all")}
BEYOND: dict[str, Any] = {"trusted_proxies": ["127.0.0.1"]}


def bearer(scope: str) -> dict[str, str]:
    return FAR | {"Authorization": f"Bearer {TOKENS[scope]}"}


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("tokens")
    for name, token in TOKENS.items():
        (folder / name).write_text(f"{token}\n")
    return [{"file": folder / name, "scopes": SCOPES if name == "all" else [name]} for name in TOKENS]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house_and_client(
    tmp_path_factory: pytest.TempPathFactory, tokens: list[dict[str, Any]]
) -> AsyncIterator[tuple[MiniatureHouse, Client]]:
    folder = tmp_path_factory.mktemp("house")
    async with house_served(folder, tokens=tokens, names=["voice.example.org"], **BEYOND) as found:
        yield found


@pytest.fixture(scope="module")
def client(house_and_client: tuple[MiniatureHouse, Client]) -> Client:
    return house_and_client[1]


def every_request(house: MiniatureHouse) -> Iterator[tuple[str, str]]:
    asked = http_house(house)
    metrics = Metrics(house.announcer, house.progress, asked.engines, house.synthesizer, "1.2.3")
    for router in routers_of(asked, HttpSettings(), metrics):
        for route in router.routes:
            if isinstance(route, APIRoute):
                assert isinstance(route, GuardedRoute), f"{route.path} is not guarded"
                for method in route.methods or ():
                    yield method, route.path.replace("{name}", "mum").replace("{id}", "a1")


async def test_without_a_token_beyond_this_machine_there_is_nothing(
    house_and_client: tuple[MiniatureHouse, Client],
) -> None:
    house, client = house_and_client
    asked = [*every_request(house), ("GET", "/"), ("GET", "/docs"), ("GET", "/openapi.json"), ("GET", "/metrics")]
    assert len(asked) > 20
    for method, path in asked:
        for headers in (FAR, FAR | {"Authorization": "Bearer guessed"}, FAR | {"Authorization": "Basic Zm9vOmJhcg=="}):
            got = await client.ask(method, path, headers=headers)
            assert got.status == 401, f"{method} {path}"
            assert method == "HEAD" or got.json["code"] == "unknown_client"
            assert got.headers["www-authenticate"] == "Bearer"


async def test_a_proxy_on_this_machine_that_nobody_trusts_makes_nobody_a_local() -> None:
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
        async with served([health_router(Routes(HttpSettings()), str)]) as client:
            assert (await client.get("/health", headers={header: "127.0.0.1"})).status == 401
            assert (await client.get("/health", headers={"Authorization": "Bearer sk-none"})).status == 200


@pytest.mark.parametrize(
    ("method", "path", "sent", "needs"),
    [
        ("GET", "/health", None, "any"),
        ("GET", "/api/voices", None, "any"),
        ("POST", "/api/stop", {}, "speak"),
        ("POST", "/api/announce", {"text": "Hello"}, "speak"),
        ("POST", "/tts", {"text": "Hello"}, "render"),
        ("POST", "/api/tts", {"text": "Hello"}, "render"),
        ("GET", "/api/announcements", None, "manage"),
        ("DELETE", "/api/voices/mum", None, "manage"),
        ("POST", "/api/do_not_disturb", {"on": False}, "manage"),
    ],
)
async def test_a_token_is_good_for_its_scopes_alone(
    client: Client, method: str, path: str, sent: Mapping[str, Any] | None, needs: str
) -> None:
    for scope in (*SCOPES, "all"):
        got = await client.ask(method, path, json=sent, headers=bearer(scope))
        assert (got.status != 403) == (needs in ("any", scope) or scope == "all"), f"{scope}: {got.body!r}"
        assert got.status not in (401, 500)


async def test_what_local_clients_may_do_without_a_token_can_be_less(tmp_path: Path) -> None:
    async with house_served(tmp_path, local_scopes=["speak"]) as (_, client):
        assert (await client.post("/tts", json={"text": "Hello"})).status == 403
        assert (await client.post("/api/stop")).status == 200


@pytest.mark.parametrize("host", ["evil.example", "voice.example.org.evil.example", "198.51.100.7", "", "[::2]", "a b"])
async def test_under_a_wrong_name_nothing_is_served(client: Client, host: str) -> None:
    got = await client.get("/health", headers={"Host": host})
    assert got.status in (400, 421)
    assert "alive" not in got.body.decode()


async def test_the_owner_reads_who_was_turned_away_and_why(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    async with served([], tokens=[]) as plain:
        caplog.clear()
        await plain.get("/health", headers=FAR | {"Authorization": "Bearer my-secret"})
        await plain.get("/health", headers={"Host": "evil.example"})
        for _ in range(30):
            await plain.get("/health", headers=FAR)
    told = [record.getMessage() for record in caplog.records]
    assert "127.0.0.1 was turned away: This voxd does not know you" in told[0]
    assert told[0].endswith("(it is a proxy, but none of http.trusted_proxies)")
    assert "'evil.example'" in told[1]
    assert len(told) < 15
    assert "my-secret" not in caplog.text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:6006", "127.0.0.1:80", "[::1]:6006", "voice.example.org"])
async def test_under_its_own_names_it_is_served(client: Client, host: str) -> None:
    assert (await client.get("/health", headers=bearer("all") | {"Host": host})).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://[bad"},
        {"Origin": "file://"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_foreign_page_may_not_do_anything(client: Client, headers: dict[str, str]) -> None:
    got = await client.post("/api/announce", data="Hello", headers=headers)
    assert (got.status, got.json["code"]) == (403, "forbidden")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.session.ws_connect(
            f"{client.url}/api/stream", headers=headers | {"Origin": "https://evil.example"}
        )
    assert refused.value.status == 403


async def test_a_page_of_its_own_may_and_programs_are_no_pages(client: Client) -> None:
    local = {"Authorization": f"Bearer {TOKENS['all']}"}
    for headers in (
        {"Origin": client.url},
        {"Host": "voice.example.org", "Origin": "https://voice.example.org"},
        {"Sec-Fetch-Site": "same-origin"},
        {},
    ):
        assert (await client.post("/api/stop", headers=local | headers)).status == 200


def allows_nobody(got: Got) -> bool:
    return not [name for name in got.headers if name.lower().startswith("access-control-")]


async def test_no_answer_allows_other_pages_anything(client: Client) -> None:
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method in ("GET", "OPTIONS", "POST"):
        for path in ("/tts", "/health", "/nowhere"):
            got = await client.ask(method, path, headers=preflight | bearer("all"))
            assert allows_nobody(got)
            assert got.headers["content-security-policy"].startswith("default-src 'none'")
            assert got.headers["x-content-type-options"] == "nosniff"
            assert "server" not in got.headers


@pytest.mark.parametrize(
    "path",
    [
        "/api/voices/..%2f..%2fetc%2fpasswd",
        "/api/voices/%2e%2e",
        "/api/renderings/..%2f..%2f..%2fetc%2fpasswd.wav",
        "/api/announcements/..%2f..%2fjournal.sqlite",
        "/..%2f..%2fetc/passwd",
        "//etc/passwd",
        "/api/voices/%00",
        "/api/voices/" + "x" * 3000,
    ],
)
async def test_names_that_look_like_paths_lead_nowhere(client: Client, path: str) -> None:
    for method in ("GET", "DELETE", "PUT"):
        sent = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKENS['all']}\r\n"
        told = await client.raw(f"{sent}X-Forwarded-For: 192.0.2.7\r\nConnection: close\r\n\r\n".encode())
        assert told.split()[1] in (b"400", b"404", b"405"), told
        assert b"root:" not in told


async def test_who_asks_too_often_is_refused_and_others_are_not(tokens: list[dict[str, Any]]) -> None:
    options = {"tokens": tokens, "rate": {"per_s": 0.001, "burst": 3}, **BEYOND}
    async with served([health_router(Routes(HttpSettings()), str)], **options) as client:
        told = [(await client.get("/health", headers=bearer("all"))).status for _ in range(5)]
        assert told == [200, 200, 200, 429, 429]
        other = bearer("all") | {"X-Forwarded-For": "192.0.2.8"}
        assert (await client.get("/health", headers=other)).status == 200
        guesses = [
            (await client.get("/health", headers=FAR | {"X-Forwarded-For": "192.0.2.9"})).status for _ in range(5)
        ]
        assert guesses == [401, 401, 401, 429, 429]


def visitor(peer: str, settings: dict[str, Any] | None = None, **headers: str) -> Visitor:
    options = HttpSettings(**(settings or {}))
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Visitors(options, Tokens(())).visitor({"client": (peer, 1), "headers": sent})


async def test_whom_a_trusted_proxy_speaks_for_is_the_last_that_is_no_proxy() -> None:
    proxies = {"trusted_proxies": ["10.0.0.0/8", "127.0.0.1"]}
    assert visitor("10.0.0.1", proxies, x_forwarded_for="127.0.0.1, 192.0.2.7, 10.0.0.9").address == "192.0.2.7"
    assert visitor("10.0.0.1", proxies, x_forwarded_for="nonsense").scopes is None
    assert visitor("10.0.0.1", proxies).scopes is None
    assert visitor("127.0.0.1", proxies).scopes is None, "a proxy that does not say whom it speaks for"
    assert visitor("192.0.2.1", proxies, x_forwarded_for="127.0.0.1").address == "192.0.2.1"
    assert visitor("192.0.2.1", proxies, x_forwarded_for="127.0.0.1").scopes is None
    assert visitor("::ffff:127.0.0.1").scopes == frozenset(SCOPES)


async def test_a_proxy_that_knows_its_clients_lends_them_its_scopes_and_a_path() -> None:
    ingress = {"trusted_proxies": ["172.30.32.2"], "proxy_scopes": ["speak"]}
    guest = visitor("172.30.32.2", ingress, x_forwarded_for="192.0.2.7", x_ingress_path="/api/hassio_ingress/abc")
    assert (guest.scopes, guest.root_path) == (frozenset({"speak"}), "/api/hassio_ingress/abc")
    for wrong in ("//evil.example", "/a/../b", "javascript:x", '/"onload=', "/a?b"):
        assert visitor("172.30.32.2", ingress, x_forwarded_prefix=wrong).root_path == ""
    assert visitor("192.0.2.1", {"root_path": "/voxd"}, x_forwarded_prefix="/evil").root_path == "/voxd"


async def test_below_a_path_of_a_proxy_everything_is_found_and_told_with_it(tmp_path: Path) -> None:
    async with house_served(tmp_path, root_path="/voxd") as (_, client):
        form = aiohttp.FormData({"text": "Hello"}, default_to_multipart=True)
        told = (await client.post("/api/tts", data=form)).json
        assert told["url"].startswith("/voxd/api/renderings/")
        assert (await client.get(told["url"])).status == 200
        assert (await client.get(told["url"].removeprefix("/voxd"))).status == 200


async def test_a_token_nobody_could_know_or_anybody_guess_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "token"
    tokens = Tokens([HttpTokenSettings(file=file)])
    with pytest.raises(VoxdError, match=r"http\.tokens"):
        tokens.read()
    file.write_text("hunter2")
    with pytest.raises(VoxdError, match="openssl rand"):
        tokens.read()
    file.write_text("0123456789abcdef\n")
    tokens.read()
    assert tokens.scopes_of("0123456789abcdef") == frozenset(SCOPES)
    assert tokens.scopes_of("") is None
    file.write_text("fedcba9876543210\n")
    tokens.read()
    assert tokens.scopes_of("0123456789abcdef") is None, "it was replaced, and the settings were read again"
    file.unlink()
    with pytest.raises(VoxdError):
        tokens.read()
    assert tokens.scopes_of("fedcba9876543210") == frozenset(SCOPES), "what was before stays"
