"""A loop that says by when it goes on, and does not."""

import time

import pytest

from voxd.lib import steps


def late(loop: steps.Steps) -> bool:
    return loop.late


def test_a_loop_is_late_when_its_step_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "SLACK_S", 0.2)
    loop = steps.Steps()
    assert not late(loop), "it has not begun"
    loop.within(0.01)
    assert not late(loop)
    time.sleep(0.25)
    assert late(loop)
    loop.whenever()
    assert not late(loop)
