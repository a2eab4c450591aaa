"""Judgement: signals become alerts."""
