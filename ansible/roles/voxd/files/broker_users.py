"""Writes a password file of mosquitto (its argument) of the users on standard input, only where it is another one.

The format: $7$ITERATIONS$SALT$HASH, PBKDF2 with SHA-512 (mosquitto's src/password_mosq.c). Tells "changed" if it was.
"""

import base64
import hashlib
import hmac
import json
import os
import shutil
import sys
from pathlib import Path

ITERATIONS = 10_000
SALT_BYTES = 12


def hashed(password: str, salt: bytes, iterations: int) -> str:
    """As mosquitto_passwd writes it."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations)
    return f"$7${iterations}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def fits(password: str, line: str) -> bool:
    """Whether that is the password behind it."""
    try:
        _, _, iterations, salt, _ = line.split("$")
        return hmac.compare_digest(hashed(password, base64.b64decode(salt), int(iterations)), line)
    except ValueError:
        return False


def main(file: Path, users: dict[str, object]) -> None:
    """Keep the lines that fit, make those that do not."""
    there = dict(line.split(":", 1) for line in file.read_text().splitlines() if ":" in line) if file.exists() else {}
    # numbers come as numbers; the end of a line of a file is no part of it, as voxd reads it, too
    passwords = {name: str(password).rstrip("\r\n") for name, password in users.items()}
    wanted = {
        name: there[name]
        if fits(password, there.get(name, ""))
        else hashed(password, os.urandom(SALT_BYTES), ITERATIONS)
        for name, password in sorted(passwords.items())
    }
    if wanted == there:
        return
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    with os.fdopen(fd, "w") as opened:
        opened.writelines(f"{name}:{line}\n" for name, line in wanted.items())
    shutil.chown(new, "root", "mosquitto")
    new.replace(file)
    print("changed")


main(Path(sys.argv[1]), json.load(sys.stdin))
