"""Who is told: duty, escalation, the outbox, and what became of each message."""
