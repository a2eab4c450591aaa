"""The tests: real databases, brokers and browsers; nothing is mocked."""
