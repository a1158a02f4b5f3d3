import asyncio
import logging
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from brokers import Broker, BrokerOptions, Peer, free_port, silent_server
from mqtt_sessions import Sessions, is_connected
from waiting import until

from voxd.settings import MqttSettings
from voxd.settings.section import WantedTlsSettings
from voxd.wire.mqtt.packets import Publication


async def why(caplog: pytest.LogCaptureFixture) -> str:
    """The first reason in the owner's log."""
    await until(lambda: caplog.records, 15)
    return caplog.records[0].message


@pytest.fixture(autouse=True)
def _owner_reads_warnings(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="voxd")


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Broker]:
    acl = "user voxd\ntopic readwrite voxd/#\n\nuser ha\ntopic readwrite #\n"
    options = BrokerOptions(passwords={"voxd": "pw1", "ha": "pw2"}, acl=acl, tls=True)
    with Broker(tmp_path / "broker", options) as broker:
        yield broker


def tls(broker: Broker) -> WantedTlsSettings:
    return WantedTlsSettings(enabled=True, ca_file=broker.ca_file)


def lock_key(key: Path, locked: Path) -> None:
    """The same key, but nobody can read it without its passphrase."""
    encrypting = ("openssl", "ec", "-aes256", "-passout", "pass:secret", "-in", key, "-out", locked)
    subprocess.run(encrypting, check=True, capture_output=True)


async def test_tls_with_a_password_from_a_file_and_an_acl_works(
    guarded: Broker, sessions: Sessions, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("pw1\n")
    settings = MqttSettings(port=guarded.port, username="voxd", password_file=tmp_path / "password", tls=tls(guarded))
    session = await sessions.run(settings)
    with Peer(guarded.port, username="ha", password="pw2", ca=guarded.ca_file) as peer:
        await asyncio.to_thread(peer.subscribe, "voxd/test/event")
        session.publish(Publication("voxd/test/event", b"x" * 100_000))
        assert len((await asyncio.to_thread(peer.next)).payload) == 100_000
        big = "y" * 200_000
        for _ in range(3):
            await asyncio.to_thread(peer.publish, "voxd/test/say", big)
        async for batch in session.batches():
            for delivery in batch:
                assert delivery.payload.decode() == big
                session.ack(delivery)
            if batch[-1].packet_id == 3:
                break


async def test_a_wrong_password_is_said_clearly(
    guarded: Broker, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    settings = MqttSettings(port=guarded.port, username="voxd", password="wrong", tls=tls(guarded))
    await sessions.run(settings, connected=False)
    assert "mqtt.password" in await why(caplog)


async def test_a_missing_password_file_is_said_clearly(
    broker: Broker, sessions: Sessions, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    settings = MqttSettings(port=broker.port, username="voxd", password_file=tmp_path / "nowhere")
    await sessions.run(settings, connected=False)
    assert "nowhere: No such file" in await why(caplog)


async def test_an_unknown_authority_is_said_clearly(
    guarded: Broker, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    settings = MqttSettings(port=guarded.port, username="voxd", password="pw1", tls=WantedTlsSettings(enabled=True))
    await sessions.run(settings, connected=False)
    assert "certificate is not trusted" in await why(caplog)


async def test_an_encrypted_key_is_said_clearly_and_nobody_is_asked_for_its_passphrase(
    guarded: Broker, sessions: Sessions, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    lock_key(guarded.folder / "server.key", tmp_path / "locked.key")
    chosen = tls(guarded).model_copy(
        update={"cert_file": guarded.folder / "server.crt", "key_file": tmp_path / "locked.key"}
    )
    await sessions.run(MqttSettings(port=guarded.port, tls=chosen), connected=False)
    assert "locked.key: its key is encrypted" in await why(caplog)


async def test_nobody_listening_is_said_once(sessions: Sessions, caplog: pytest.LogCaptureFixture) -> None:
    await sessions.run(MqttSettings(port=free_port()), connected=False)
    assert "nothing listens there" in await why(caplog)
    await asyncio.sleep(1.0)
    assert len(caplog.records) == 1


async def test_an_unknown_name_is_said_clearly(sessions: Sessions, caplog: pytest.LogCaptureFixture) -> None:
    await sessions.run(MqttSettings(host="no-such-host.invalid"), connected=False)
    assert "cannot be resolved" in await why(caplog)


async def test_a_silent_server_does_not_hold_up_the_closing(sessions: Sessions) -> None:
    with silent_server() as port:
        session = await sessions.run(MqttSettings(port=port), connected=False)
        await asyncio.sleep(0.2)
        async with asyncio.timeout(0.5):
            await session.close(1.0)


async def test_a_broker_that_was_not_there_yet_is_found_soon_after_it_is(tmp_path: Path, sessions: Sessions) -> None:
    broker = Broker(tmp_path / "broker")
    session = await sessions.run(MqttSettings(port=broker.port), connected=False)
    await asyncio.sleep(0.3)
    with broker:
        await until(lambda: is_connected(session), 3)
        await session.close(1.0)


async def test_what_the_acl_forbids_to_publish_is_said_once(
    guarded: Broker, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    settings = MqttSettings(port=guarded.port, username="voxd", password="pw1", tls=tls(guarded))
    session = await sessions.run(settings)
    for _ in range(3):
        session.publish(Publication("elsewhere/event", b"x"))
    session.publish(Publication("voxd/test/event", b"allowed"))
    await until(lambda: "elsewhere/event" in caplog.text, 10)
    await session._sender.all_sent(5)
    assert caplog.text.count("elsewhere/event") == 1
