"""Looking after people in turn: check-ins, visits, and the absences that excuse them."""
