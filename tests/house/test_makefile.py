"""The Makefile: what it would do, without doing it."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
STAMPS = ("bin/python", "build.installed", "run.installed")


class Checkout:
    """A fresh clone as far as make looks at it, where the base is set up already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("Makefile", "setup.cfg", "config"):
            (folder / name).symlink_to(ROOT / name)
        for stamp in STAMPS:
            self.stamp(stamp)

    def stamp(self, name: str) -> None:
        path = self.folder / ".venv" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def would(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """What make says that it would do."""
        kept = {
            name: value for name, value in os.environ.items() if name not in {"NEURAL", "TORCH_WHEELS", "MAKEFLAGS"}
        }
        return subprocess.run(
            ["make", "--dry-run", "-C", self.folder, *arguments], env=kept, capture_output=True, text=True, check=False
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_help_shows_the_verbs_and_nothing_else() -> None:
    shown = subprocess.run(
        ["make", "-C", ROOT, "--no-print-directory"], capture_output=True, text=True, check=True
    ).stdout
    assert [line.split()[:2] for line in shown.splitlines() if line.startswith("make")] == [
        ["make", "run"],
        ["make", "test"],
        ["make", "bench"],
        ["make", "lint,"],
        ["make", "wheelhouse"],
        ["make", "release"],
        ["make", "image"],
    ]
    assert "NEURAL=cpu or NEURAL=cuda" in shown
    assert len(shown.splitlines()) == 8


def test_a_plain_run_installs_nothing_neural(checkout: Checkout) -> None:
    would = checkout.would("run").stdout
    assert "voxd run --first" in would
    assert "pip install" not in would


@pytest.mark.parametrize("neural", ["cpu", "cuda"])
def test_a_neural_run_installs_its_lock_after_saying_how_large_it_is(checkout: Checkout, neural: str) -> None:
    would = checkout.would("run", f"NEURAL={neural}").stdout
    assert would.index("to download") < would.index(f"-r config/locks/{neural}.txt") < would.index("voxd run --first")
    assert "--require-hashes --no-deps" in would
    assert "dev.txt" not in would


def test_piper_is_set_up_for_who_asks_beside_what_is_there_and_stays(checkout: Checkout) -> None:
    checkout.stamp("cuda.installed")
    assert "piper.txt" not in checkout.would("run").stdout
    would = checkout.would("run", "PIPER=1").stdout
    assert would.index("to download") < would.index("-r config/locks/piper.txt") < would.index("voxd run --first")
    assert "rm -f" not in would
    checkout.stamp("piper.installed")
    assert "pip install" not in checkout.would("run").stdout


def test_a_wheelhouse_has_piper_where_somebody_asks_for_it(checkout: Checkout) -> None:
    checkout.stamp("piper.installed")
    assert "piper.txt" not in checkout.would("wheelhouse").stdout
    assert "-r config/locks/base.txt -r config/locks/piper.txt" in checkout.would("wheelhouse", "PIPER=1").stdout


def test_a_wheelhouse_has_a_neural_part_where_somebody_asks_for_it(checkout: Checkout) -> None:
    checkout.stamp("cpu.installed")
    assert "-r config/locks/base.txt" in checkout.would("wheelhouse").stdout
    assert "-r config/locks/cuda.txt" in checkout.would("wheelhouse", "NEURAL=cuda").stdout
    assert '--find-links "wheels"' in checkout.would("wheelhouse", "NEURAL=cpu", "TORCH_WHEELS=wheels").stdout


def test_a_release_is_made_with_what_is_locked_for_that(checkout: Checkout) -> None:
    would = checkout.would("release").stdout
    assert would.index("-r config/locks/release.txt") < would.index("config/release/make.sh dist")


@pytest.mark.parametrize("neural", ["gpu", "cpu cuda", "CUDA"])
def test_another_kind_of_neural_part_is_refused_in_a_sentence(checkout: Checkout, neural: str) -> None:
    done = checkout.would("run", f"NEURAL={neural}")
    assert done.returncode != 0
    assert f'NEURAL is cpu, or cuda for NVIDIA graphics cards; "{neural}" is neither' in done.stderr


def test_what_is_set_up_stays_and_is_not_set_up_again(checkout: Checkout) -> None:
    checkout.stamp("cuda.installed")
    assert "pip install" not in checkout.would("run").stdout
    tested = checkout.would("test").stdout
    assert "-r config/locks/dev.txt" in tested
    assert "cpu.txt" not in tested


def test_the_other_kind_takes_the_place_of_the_first(checkout: Checkout) -> None:
    checkout.stamp("cpu.installed")
    would = checkout.would("run", "NEURAL=cuda").stdout
    assert "rm -f .venv/cpu.installed" in would
    assert "-r config/locks/cuda.txt" in would


@pytest.mark.parametrize("verb", ["test", "lint", "bench"])
def test_tests_and_benchmarks_have_a_neural_part(checkout: Checkout, verb: str) -> None:
    assert "-r config/locks/cpu.txt" in checkout.would(verb).stdout


@pytest.mark.parametrize("verb", ["test", "lint"])
def test_tests_have_piper(checkout: Checkout, verb: str) -> None:
    assert "-r config/locks/piper.txt" in checkout.would(verb).stdout


def test_one_variable_says_where_the_cpu_build_of_torch_is(checkout: Checkout) -> None:
    assert '--find-links "wheels"' in checkout.would("run", "NEURAL=cpu", "TORCH_WHEELS=wheels").stdout
    assert '--find-links "wheels"' in checkout.would("bench", "TORCH_WHEELS=wheels").stdout
    assert 'TORCH_WHEELS="wheels"' in checkout.would("image", "NEURAL=cpu", "TORCH_WHEELS=wheels").stdout
    assert "https://download.pytorch.org/whl/cpu/torch/" in checkout.would("run", "NEURAL=cpu").stdout


def test_an_image_has_what_was_asked_for_whatever_is_installed_here(checkout: Checkout) -> None:
    checkout.stamp("cpu.installed")
    plain, cuda = checkout.would("image").stdout, checkout.would("image", "NEURAL=cuda").stdout
    assert "--tag localhost/voxd:latest" in plain
    assert "NEURAL=none" in plain
    assert "--tag localhost/voxd:cuda" in cuda
    assert "PIPER=1" not in plain + cuda
    piper = checkout.would("image", "PIPER=1").stdout
    assert "--tag localhost/voxd:latest-piper" in piper
    assert "--build-arg PIPER=1" in piper
    assert "NEURAL=cuda" in cuda
