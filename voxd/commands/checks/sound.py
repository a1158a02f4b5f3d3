"""What stands between voxd and the sound cards: permissions, and whoever else holds them."""

import grp
import re
from collections.abc import Iterator
from pathlib import Path

from voxd.commands.checks.finding import Finding
from voxd.commands.checks.machine import Machine, User, line_of
from voxd.delivery.outputs.cards import is_plugged_in
from voxd.settings import DeviceOutputSettings, Settings

SERVERS = ("pipewire", "pulseaudio", "jackd", "jackdbus")
OURS = ("voxd", "python", "python3")
_NUMBERED = re.compile(r"^(?:plug)?hw:(?:CARD=)?(\d+)")
_NAMED = re.compile(r"^(?:plug)?hw:CARD=([^,\d][^,]*)")
_OWNER = re.compile(r"^owner_pid\s*:\s*(\d+)", re.MULTILINE)


def sound_findings(settings: Settings, machine: Machine) -> Iterator[Finding]:
    """Nothing where no zone has a device of this machine."""
    outputs = [output for zone in settings.zones.values() for output in zone.outputs]
    local = [output for output in outputs if isinstance(output, DeviceOutputSettings)]
    if not local:
        return
    yield from _permission(machine)
    yield from _holders(machine)
    for output in local:
        yield from _named(output.device, machine)


def _permission(machine: Machine) -> Iterator[Finding]:
    cards = [card for card in (machine.proc / "asound").glob("card[0-9]*") if card.is_dir()]
    nodes = sorted((machine.dev / "snd").glob("pcm*p"))
    if cards and not nodes:
        text = f"there are sound cards, but not in {machine.dev / 'snd'}: a container needs the devices, too"
        yield Finding("problem", "sound", text)
    closed = [node for node in nodes if not _may_use(machine.user, node)]
    if closed:
        group = _group_of(closed[0])
        advice = f"usermod -aG {group} {machine.user.name}, then start voxd anew"
        yield Finding("problem", "sound", f"{machine.user.name} may not open {closed[0]} (group {group}): {advice}")
    elif nodes:
        yield Finding("ok", "sound", f"{machine.user.name} may open all {len(nodes)} playback devices")


def _may_use(user: User, node: Path) -> bool:
    try:
        return user.may_use(node)
    except OSError:  # it was unplugged meanwhile
        return True


def _group_of(node: Path) -> str:
    try:
        return grp.getgrgid(node.stat().st_gid).gr_name
    except (KeyError, OSError):
        return "audio"


def _holders(machine: Machine) -> Iterator[Finding]:
    """Who holds a card now, and which sound servers will when something sounds."""
    held = dict(_held(machine))
    for card, pid in held.items():
        name = line_of(machine.proc / str(pid) / "comm")
        if not name.startswith(OURS):
            yield _taken(card, name, pid, machine)
    if any((machine.proc / "asound").glob("card[0-9]*/pcm*p")):
        for pid, name in machine.processes():
            if name in SERVERS and pid not in held.values():
                yield _server(f"{name} (pid {pid}) takes the cards when something sounds there", pid, machine)


def _taken(card: str, name: str, pid: int, machine: Machine) -> Finding:
    if name.startswith(SERVERS):
        return _server(f"{name} (pid {pid}) holds the card {card}", pid, machine)
    text = f"the card {card} is held by {name or 'a program'} (pid {pid}, user {machine.owner_of(pid)})"
    advice = "only one program has a card at a time, unless all go through ALSA's dmix (device: default)"
    return Finding("warning", "sound", f"{text}: {advice}")


def _server(what: str, pid: int, machine: Machine) -> Finding:
    """A sound server is good for whoever runs it, and in the way of everybody else."""
    owner = machine.owner_of(pid)
    if owner == machine.user.name:
        return Finding("ok", "sound", f"{what}, for the user of voxd")
    advice = "have voxd run for that user (systemctl --user), or give it a card that the server leaves alone"
    return Finding("warning", "sound", f"{what}, and for {owner}, not for {machine.user.name}: {advice}")


def _held(machine: Machine) -> Iterator[tuple[str, int]]:
    """The cards that somebody plays on, with the number of the process (/proc/asound/card*/pcm*p/sub*/status)."""
    for status in sorted((machine.proc / "asound").glob("card[0-9]*/pcm*p/sub*/status")):
        try:
            owner = _OWNER.search(status.read_text("utf-8", "replace"))
        except OSError:
            continue
        if owner:
            card = status.parents[2]
            yield line_of(card / "id") or card.name, int(owner[1])


def _named(device: str, machine: Machine) -> Iterator[Finding]:
    """Numbers of cards change when one is plugged in before another; a name must be there."""
    cards = machine.proc / "asound"
    if numbered := _NUMBERED.match(device):
        name = line_of(cards / f"card{numbered[1]}" / "id")
        stable = f"hw:CARD={name}" if name else "the name of `voxd devices`"
        text = f"{device} goes by a number that may change at the next boot; use {stable}"
        yield Finding("warning", "sound", text)
    elif (named := _NAMED.match(device)) and not is_plugged_in(f"hw:CARD={named[1]}", cards):
        there = ", ".join(line_of(card / "id") for card in sorted(cards.glob("card[0-9]*"))) or "none"
        yield Finding("problem", "sound", f"no card is called {named[1]}; there are: {there}")
