"""Conflicts on the calendar: looked for on every change, shown on Today, dismissed by a person."""
