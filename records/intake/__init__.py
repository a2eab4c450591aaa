"""What comes in by file: tables as they are, checked against the records, and taken in all or nothing."""
