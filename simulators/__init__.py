"""What stands where devices stand: a simulated community, and the replay of a recorded home."""
