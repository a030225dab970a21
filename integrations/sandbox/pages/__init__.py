"""The salon's own screens: calendar, phones, messages, history, knobs, scenarios."""
