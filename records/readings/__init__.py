"""What the sensors said: stored, rolled up, kept as long as it should be, and read again."""
