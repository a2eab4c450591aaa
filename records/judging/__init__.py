"""Alerts: the signals and limits they come from, the steps they go through, and the proof of it all."""
