"""What a daemon that runs says of itself."""

from voxd.commands.checks.finding import Finding
from voxd.commands.control_client import ControlClient


def daemon_finding(daemon: ControlClient) -> Finding:
    """Whether it is well. Raises VoxdError where it does not answer."""
    told = daemon.status()
    if sick := told.get("sick"):  # which a daemon from before an upgrade does not tell
        text = f"is not healthy: {', '.join(sick)}; `voxd restart` may help, its log tells more"
        return Finding("problem", "daemon", text)
    return Finding("ok", "daemon", f"runs (voxd {told['version']})")
