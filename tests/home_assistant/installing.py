"""Releases that tests need, installed; one whose Debian is not stable yet may not be had one day."""

import subprocess

import pytest

from home_assistant.releases import Release


def be_installed(release: Release) -> None:
    """Make its root, where there is none yet; where that cannot be, and is no mistake, the test is skipped."""
    try:
        release.install()
    except (subprocess.SubprocessError, AssertionError) as error:
        if not release.may_be_missing:
            raise
        pytest.skip(f"The root of Home Assistant {release} cannot be made today: {error}"[:500])
