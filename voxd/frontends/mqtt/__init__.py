"""MQTT: announcements, alarms, requests; availability, state and events."""
