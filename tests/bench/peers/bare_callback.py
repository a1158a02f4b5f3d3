"""The floor of MQTT: a bare paho callback that does nothing but tell when it was called.

python -m tests.bench.peers.bare_callback PORT TOPIC
"""

import sys

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from ..stamps import Stamper


def main(port: int, topic: str) -> None:
    """Receive for ever."""
    stamper = Stamper()

    def called(client: Client, userdata: object, arrived: MQTTMessage) -> None:
        stamper.stamp()

    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_message = called
    client.connect("127.0.0.1", port)
    client.subscribe(topic, qos=1)
    client.publish(f"{topic}/online", "online", qos=1, retain=True)
    client.loop_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
