"""Earned autonomy: what may go without a press, decided in one place (``policy``) from what holds
at that moment (``cases``)."""
