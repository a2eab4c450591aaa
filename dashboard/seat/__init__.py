"""What the seat works with: alerts, their cases and steps, shifts, drills, the wall."""
