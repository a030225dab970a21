"""Three families of failure. Adapters and channels translate everything into one of them."""

from datetime import timedelta


class OutsideError(Exception):
    """Something outside this process failed; ``plain`` is for people, without client data."""

    def __init__(self, plain: str) -> None:
        super().__init__(plain)
        self.plain = plain


class Temporary(OutsideError):
    """Nothing was applied and trying again may work. ``after`` is what the other side asked for."""

    def __init__(self, plain: str, after: timedelta | None = None) -> None:
        super().__init__(plain)
        self.after = after


class NeedsAttention(Temporary):
    """Nothing was applied and an admin has to mend the connection first (a refused token)."""


class Permanent(OutsideError):
    """Certainly not applied, and trying it again cannot work. ``code`` is the other side's."""

    def __init__(self, plain: str, code: str = "") -> None:
        super().__init__(plain)
        self.code = code


class UnknownOutcome(OutsideError):
    """The request left and no answer proves whether it was applied: never repeat it blindly."""
