"""MQTT: a small bridge from paho to asyncio."""
