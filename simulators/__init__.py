"""What stands where devices stand: the replay of a recorded home, and a first demo life."""
