"""A hub of models on a real socket: the part of Hugging Face's HTTP interface that fetching needs, with troubles.

https://huggingface.co/docs/hub/api: `GET /api/models/REPO/revision/REVISION?blobs=true`, and
`GET|HEAD /REPO/resolve/COMMIT/FILE` with `X-Repo-Commit`, `ETag` (git's hash), and for large files `X-Linked-Etag`
(SHA-256), `X-Linked-Size` and a redirect to where the bytes are, which understands `Range`.
"""

import hashlib
import json
import re
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LARGE_BYTES = 100_000


@dataclass
class Hub:
    """One repository, and what goes wrong with it."""

    repo: str
    files: dict[str, bytes]
    refuse: tuple[int, str] | None = None
    """Answer everything with this status and error code."""
    break_off_after: list[int] = field(default_factory=list)
    """The next downloads of large files end after so many bytes, in turn."""
    stall_after: int | None = None
    """A download of a large file stands still after so many bytes, as long as the hub serves."""
    give_instead: dict[str, bytes] = field(default_factory=dict)
    """Other bytes than the hashes say."""
    asked: list[str] = field(default_factory=list)
    """Every request: method, path, range."""
    tokens: set[str] = field(default_factory=set)
    address: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def commit(self) -> str:
        """The commit of what the repository holds now."""
        told = [f"{name} {zlib.crc32(content)}" for name, content in sorted(self.files.items())]
        return git_sha1("\n".join(told).encode())

    def downloads(self) -> list[str]:
        """The downloads that were begun, with their ranges."""
        return [asked for asked in self.asked if asked.startswith("GET") and "/api/" not in asked]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def git_sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class _Visit(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        hub, path = self.hub, self.path.partition("?")[0]
        span = self.headers.get("Range", "")
        hub.asked.append(f"{self.command} {path} {span}".strip())
        hub.tokens.add(self.headers.get("Authorization", ""))
        if hub.refuse:
            return self._answer(hub.refuse[0], b"{}", {"X-Error-Code": hub.refuse[1]})
        if match := re.fullmatch(r"/api/models/(.+?)(?:/revision/(.+))?", path):
            return self._told(match[1], match[2] or "main")
        if match := re.fullmatch(r"/(?:(bytes)/)?(.+?)/resolve/(.+?)/(.+)", path):
            return self._file(match[4], span, stored=bool(match[1]))
        return self._answer(404, b"{}", {})

    def _told(self, repo: str, revision: str) -> None:
        if repo != self.hub.repo:
            return self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        if revision not in {"main", self.hub.commit}:
            return self._answer(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        siblings = [self._sibling(name, content) for name, content in self.hub.files.items()]
        body = {"id": repo, "sha": self.hub.commit, "siblings": siblings}
        return self._answer(200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    @staticmethod
    def _sibling(name: str, content: bytes) -> dict[str, object]:
        told: dict[str, object] = {"rfilename": name, "size": len(content), "blobId": git_sha1(content)}
        if len(content) >= LARGE_BYTES:
            told["lfs"] = {"sha256": sha256(content), "size": len(content), "pointerSize": 134}
        return told

    def _file(self, name: str, span: str, *, stored: bool) -> None:
        truth = self.hub.files[name]
        content = self.hub.give_instead.get(name, truth)
        head = {"X-Repo-Commit": self.hub.commit, "ETag": f'"{git_sha1(truth)}"'}
        if len(truth) >= LARGE_BYTES and not stored:
            head |= {"X-Linked-Etag": f'"{sha256(truth)}"', "X-Linked-Size": str(len(truth))}
            return self._answer(302, b"", head | {"Location": f"{self.hub.address}/bytes{self.path}"})
        start = int(span.removeprefix("bytes=").partition("-")[0]) if span else 0
        if span:
            head["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return self._answer(206 if span else 200, content[start:], head)

    def _answer(self, status: int, body: bytes, head: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in head.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if len(body) >= LARGE_BYTES // 2 and self.hub.break_off_after:
            body = body[: self.hub.break_off_after.pop(0)]
            self.close_connection = True
        if len(body) >= LARGE_BYTES // 2 and self.hub.stall_after is not None:
            self.wfile.write(body[: self.hub.stall_after])
            self.hub.ended.wait()
            return
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """The hub at its `address`, which is a `HF_ENDPOINT`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Visit", (_Visit,), {"hub": hub}))
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="hub", daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
