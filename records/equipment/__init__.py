"""What stands in the homes: devices, how they are supervised, and what took many of them at once."""
