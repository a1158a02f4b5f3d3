"""`voxd models` as its owner types it, in a process of its own."""

import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_hub import Hub, serving
from waiting import until

from voxd.neural.hub.fetching import bytes_in

MODEL = "tiny/VoxCPM1.5"
FILES = {"config.json": b"{}", "tokenizer.json": b"{}", "model.safetensors": bytes(30_000_000)}
WITHOUT_THE_LIBRARY = "import sys; sys.modules['huggingface_hub'] = None; import voxd.__main__ as m; sys.exit(m.main())"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(Hub(MODEL, dict(FILES))) as hub:
        yield hub


class Owner:
    """Types `voxd models`, with a folder for models and a hub of his own."""

    def __init__(self, models: Path, hub: Hub) -> None:
        self.models = models
        self.environment = {
            **{
                name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"
            },  # set by who imports voxcpm
            "HF_ENDPOINT": hub.address,
            "HF_TOKEN": "hf_secret",
            "HF_HOME": str(models.parent),
            "NO_PROXY": "127.0.0.1",
            "VOXD_PATHS__MODELS": str(models),
        }

    def types(self, *arguments: str, program: tuple[str, ...] = ("-m", "voxd")) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, *program, "models", *arguments]
        return subprocess.run(
            command,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )

    def begins(self, *arguments: str, stderr: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "voxd", "models", *arguments]
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=stderr)


@pytest.fixture
def owner(tmp_path: Path, hub: Hub) -> Owner:
    return Owner(tmp_path / "models", hub)


def test_a_model_is_fetched_listed_and_checked(owner: Owner) -> None:
    fetched = owner.types("fetch", MODEL)
    assert fetched.returncode == 0, fetched.stderr
    assert f"{MODEL}: 100 % of 30 MB\n" in fetched.stdout
    assert fetched.stdout.endswith(f"{MODEL} is now in {owner.models}/tiny--VoxCPM1.5\n")
    assert MODEL in owner.types("list").stdout
    assert "0.03 GB" in owner.types("list").stdout
    assert owner.types("check").stdout == f"ok       {MODEL}\n"
    assert owner.types("fetch", MODEL).stdout == f"{MODEL} was already in {owner.models}/tiny--VoxCPM1.5\n"


def test_a_damaged_model_is_found_and_mended(owner: Owner) -> None:
    owner.types("fetch", MODEL)
    (owner.models / "tiny--VoxCPM1.5/config.json").unlink()
    checked = owner.types("check", MODEL)
    assert checked.returncode == 1
    assert checked.stdout == f"problem  {MODEL}: config.json is missing; run `voxd models fetch {MODEL}`\n"
    owner.types("fetch", MODEL)
    assert owner.types("check", MODEL).returncode == 0


def test_a_model_that_is_not_here_is_named_with_the_command_that_fetches_it(owner: Owner) -> None:
    done = owner.types("check", MODEL)
    assert done.returncode == 1
    assert done.stderr == f"voxd: {MODEL} was not fetched to its end: run `voxd models fetch {MODEL}`\n"
    assert owner.types("check").stdout == f"No models are in {owner.models}\n"
    assert "`voxd models fetch openbmb/VoxCPM1.5` fetches one" in owner.types("list").stdout


async def test_an_interrupted_fetch_goes_on_where_it_stopped(owner: Owner, hub: Hub) -> None:
    hub.stall_after = 12_000_000
    with owner.begins("fetch", MODEL) as fetching:
        await until(lambda: bytes_in(owner.models) > 10_000_000, 30)
        fetching.send_signal(signal.SIGINT)
        assert fetching.wait(30) == 130
    assert f"is not whole yet; run `voxd models fetch {MODEL}` to go on" in owner.types("list").stdout
    hub.stall_after = None
    hub.asked.clear()
    assert owner.types("fetch", MODEL).returncode == 0
    assert [asked.split()[-1] for asked in hub.downloads() if "bytes=" in asked] == ["bytes=10485760-"]


def test_a_terminal_shows_a_bar(owner: Owner) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    with owner.begins("fetch", MODEL, stderr=theirs) as fetching, os.fdopen(ours, "rb", 0) as screen:
        os.close(theirs)
        shown = b""
        while b"100%|" not in shown:
            shown += screen.read(4096)
        assert fetching.wait(60) == 0
    assert b"30.0M/30.0M" in shown


def test_the_token_goes_to_the_hub_and_nowhere_else(owner: Owner, hub: Hub) -> None:
    hub.refuse = (403, "")
    done = owner.types("fetch", MODEL)
    assert done.returncode == 1
    assert done.stderr.startswith("voxd: 127.0.0.1 refuses the access (HTTP 403): set HF_TOKEN")
    assert hub.tokens == {"Bearer hf_secret"}
    assert "hf_secret" not in done.stdout + done.stderr
    owner.environment["HF_ENDPOINT"] = hub.address.replace("://", "://me:hidden@")
    assert "hidden" not in owner.types("fetch", MODEL).stderr


def test_without_the_neural_part_a_sentence_says_how_to_have_it(owner: Owner) -> None:
    done = owner.types("fetch", MODEL, program=("-c", WITHOUT_THE_LIBRARY))
    assert done.returncode == 1
    assert "is not installed here: run `make run NEURAL=cpu`" in done.stderr
    assert owner.types("list", program=("-c", WITHOUT_THE_LIBRARY)).returncode == 0
