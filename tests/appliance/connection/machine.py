"""Ansible's connection into a machine of the tests: through the namespaces of its init, without ssh."""

import subprocess
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = r"""
name: machine
short_description: Into a machine of the tests
description: Runs what Ansible runs in a machine that systemd-nspawn has booted.
author: voxd
options:
  command:
    description: What goes before a command that runs in the machine.
    type: list
    elements: str
    required: true
    vars: [{name: ansible_machine_command}]
"""
TIMEOUT_S = 900


class Connection(ConnectionBase):  # type: ignore[misc]  # Ansible ships no types
    """See Ansible's developer guide, connection plugins."""

    transport = "machine"
    has_pipelining = True

    def _connect(self) -> "Connection":
        self._connected = True
        return self

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return self._run(["/bin/sh", "-c", cmd], in_data)

    def put_file(self, in_path: str, out_path: str) -> None:
        super().put_file(in_path, out_path)
        self._succeed(["dd", f"of={out_path}", "status=none"], Path(in_path).read_bytes())

    def fetch_file(self, in_path: str, out_path: str) -> None:
        super().fetch_file(in_path, out_path)
        Path(out_path).write_bytes(self._succeed(["cat", in_path]))

    def close(self) -> None:
        self._connected = False

    def _succeed(self, command: list[str], given: bytes = b"") -> bytes:
        status, told, complaint = self._run(command, given)
        if status:
            raise AnsibleConnectionFailure(f"{command}: {complaint!r}")
        return told

    def _run(self, command: list[str], given: bytes | None) -> tuple[int, bytes, bytes]:
        into: list[str] = self.get_option("command")
        whole = [*into, "timeout", f"{TIMEOUT_S}", *command]  # ends it there; killing nsenter would not
        done = subprocess.run(whole, input=given or b"", capture_output=True, check=False)
        return done.returncode, done.stdout, done.stderr
