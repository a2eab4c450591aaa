"""Services ordered for residents, and how far they have got."""
