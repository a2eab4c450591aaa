"""Figures and lists, as pages and as files."""
