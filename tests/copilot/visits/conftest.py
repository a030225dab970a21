"""The salon of Ask, with its people."""

from tests.copilot.ask.conftest import at, booked, maria, salon, tess

__all__ = ["at", "booked", "maria", "salon", "tess"]
