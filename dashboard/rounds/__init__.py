"""The rounds of a day: check-ins, visits, services."""
