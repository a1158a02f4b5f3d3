"""What a host does when its device fails; the exceptions are torch's own."""

from collections.abc import Callable
from typing import Any

from engine_hosts import HostClient, client_of, clip_wav, synthesize
from waiting import until

from voxd.engine_host.exit_codes import ExitCode
from voxd.wire.wyoming.host_events import Embed, Fault, HostState, host_event

Start = Callable[..., Any]
Connect = Callable[..., Any]


async def test_a_host_that_ran_out_of_memory_repairs_itself(start: Start, connect: Connect) -> None:
    host = await start()
    client: HostClient = await connect(host)
    await client.embed("mum@1", clip_wav(440))
    assert (await client.synthesize("Say OOM", "mum@1")).code == Fault.OUT_OF_MEMORY
    async with client_of(host.socket) as watching:
        await watching.follow_until(HostState.READY)
    assert host.asked("shrink") == ["shrink"]
    assert (await client.synthesize("Hello", "mum@1")).types[-1] == "audio-stop"
    assert host.asked("derive") == ["derive 440"]
    assert host.asked("prepare") == ["prepare 440", "prepare 440"], "what was in memory was dropped"
    assert host.codes == []


async def test_meanwhile_others_are_told_to_go_elsewhere(start: Start, connect: Connect) -> None:
    host = await start(delay_s=0.05)
    one, other = await connect(host), await connect(host)
    await one.send(synthesize("Some words and then BREAK_OOM happens", "anna"))
    await until(lambda: host.asked("piece"))
    await other.send(synthesize("Hello", "anna"))
    assert (await one.reply()).code == Fault.OUT_OF_MEMORY
    assert (await other.reply()).code == Fault.REPAIRING, "it waited"
    assert (await other.synthesize("Hello", "anna")).code == Fault.REPAIRING
    async with client_of(host.socket) as watching:
        await watching.follow_until(HostState.READY)
    assert host.asked("speak Hello") == []


async def test_after_sound_was_sent_the_connection_ends(start: Start, connect: Connect) -> None:
    host = await start()
    client: HostClient = await connect(host)
    reply = await client.synthesize("Some words and then BREAK_OOM happens", "anna")
    assert reply.types[0] == "audio-start"
    assert reply.code == Fault.OUT_OF_MEMORY
    assert await client.ended()
    async with client_of(host.socket) as watching:
        await watching.follow_until(HostState.READY)


async def test_a_model_with_nothing_to_give_up_ends_its_process(start: Start, connect: Connect) -> None:
    host = await start(shrinks=False)
    client: HostClient = await connect(host)
    assert (await client.synthesize("Say OOM", "anna")).code == Fault.OUT_OF_MEMORY
    await until(lambda: host.codes)
    assert host.codes == [ExitCode.OUT_OF_MEMORY]


async def test_a_model_that_still_runs_out_of_memory_ends_its_process(start: Start, connect: Connect) -> None:
    host = await start(trouble="OOM")
    client: HostClient = await connect(host)
    assert (await client.synthesize("Hello", "anna")).code == Fault.OUT_OF_MEMORY
    await until(lambda: host.codes)
    assert host.codes == [ExitCode.OUT_OF_MEMORY]
    assert host.asked("shrink") == ["shrink"]


async def test_a_clip_that_is_too_much_is_answered_and_the_rest_goes_on(start: Start, connect: Connect) -> None:
    host = await start(trouble="DERIVE_OOM")
    client: HostClient = await connect(host)
    await client.send(host_event(Embed("mum@1"), clip_wav()))
    assert (await client.next()).data["code"] == Fault.OUT_OF_MEMORY
    async with client_of(host.socket) as watching:
        await watching.follow_until(HostState.READY)
    assert (await client.synthesize("Hello", "mum@1")).code == Fault.UNKNOWN_VOICE
    assert (await client.synthesize("Hello", "anna")).types[-1] == "audio-stop"


async def test_a_clip_that_was_too_much_is_tried_again_after_the_repair(start: Start, connect: Connect) -> None:
    host = await start(trouble="DERIVE_SQUEEZE")
    client: HostClient = await connect(host)
    assert (await client.embed("mum@1", clip_wav(440))).source == "clip"
    assert host.asked("shrink") == ["shrink"]
    assert (await client.synthesize("Hello", "mum@1")).types[-1] == "audio-stop"


async def test_a_lost_device_is_told_to_all_who_wait_and_ends_the_process(start: Start, connect: Connect) -> None:
    host = await start(delay_s=0.05)
    one, other = await connect(host), await connect(host)
    await one.send(synthesize("Some words and then BREAK_STICKY happens", "anna"))
    await until(lambda: host.asked("piece"))
    await other.send(synthesize("Hello", "anna"))
    assert (await one.reply()).code == Fault.DEVICE_LOST
    assert (await other.reply()).code == Fault.DEVICE_LOST
    assert host.codes == [ExitCode.DEVICE_LOST]
    assert (await other.health()).state is HostState.FAILED
    assert (await other.synthesize("Hello", "anna")).code == Fault.FAILED


async def test_a_device_that_was_lost_for_nobody_ends_the_process_too(start: Start, connect: Connect) -> None:
    host = await start(trouble="DERIVE_STICKY")
    async with client_of(host.socket) as gone:
        await gone.send(host_event(Embed("mum@1"), clip_wav()))
        assert (await gone.next()).data["code"] == Fault.DEVICE_LOST
    assert host.codes == [ExitCode.DEVICE_LOST]


async def test_out_of_memory_while_loading_ends_the_process(start: Start) -> None:
    host = await start(state=HostState.FAILED, trouble="LOAD_OOM")
    assert host.codes == [ExitCode.OUT_OF_MEMORY]


async def test_a_bug_while_loading_ends_the_process(start: Start) -> None:
    host = await start(state=HostState.FAILED, trouble="LOAD_BUG")
    assert host.codes == [ExitCode.BUG]
