"""MQTT in, rows out: take a batch, decode, sort, store, commit, acknowledge."""
