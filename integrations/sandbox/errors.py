"""The one way in which the salon says no."""


class Refused(Exception):
    """A call or an act that is not carried out.

    status: the HTTP status of the dialect; code: its machine-readable word; message: a sentence
    that says what is wrong, shown to people as it is.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
