"""The language that everybody uses: metrics, events, residents, devices, messages, alerts. Pure: no IO, no clock."""
