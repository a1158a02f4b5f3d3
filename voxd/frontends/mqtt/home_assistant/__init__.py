"""What Home Assistant is told of us over MQTT, so that it has our device and its entities by itself."""
