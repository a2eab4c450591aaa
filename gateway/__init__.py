"""Where devices meet the platform: topics and payloads, grants, and the MQTT session. Only here is paho imported."""
