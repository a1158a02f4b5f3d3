"""Prints a line of JSON for each Wyoming service that comes, changes or goes, until it is ended."""

import asyncio
import json

from zeroconf import IPVersion, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

KIND = "_wyoming._tcp.local."
ASK_MS = 3000


async def main() -> None:
    """Look for them."""
    asking: set[asyncio.Task[None]] = set()

    def changed(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        task = asyncio.create_task(tell(zeroconf, service_type, name, state_change), name="ask")
        asking.add(task)
        task.add_done_callback(asking.discard)

    async with AsyncZeroconf(ip_version=IPVersion.All) as network:
        AsyncServiceBrowser(network.zeroconf, KIND, handlers=[changed])
        await asyncio.get_running_loop().create_future()


async def tell(zeroconf: Zeroconf, kind: str, name: str, change: ServiceStateChange) -> None:
    """Print what has become of a service; for one that is there, what Home Assistant would learn of it."""
    told: dict[str, object] = {"what": change.name, "name": name.removesuffix(f".{KIND}")}
    if change is not ServiceStateChange.Removed:
        info = AsyncServiceInfo(kind, name)
        if not await info.async_request(zeroconf, ASK_MS):
            return
        told |= {"host": info.server, "port": info.port, "addresses": info.parsed_addresses()}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
