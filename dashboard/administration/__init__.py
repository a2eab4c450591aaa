"""What is set up once and looked after: people, places, devices, rules, plans, messages, vendors."""
