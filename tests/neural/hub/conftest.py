"""The hub is asked here, whatever was imported in this process before."""

import pytest
from huggingface_hub import constants


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model's library in a host has this one offline for the whole process, and so have the tests of such models."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
