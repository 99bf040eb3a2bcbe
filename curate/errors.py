"""Every fault that `curate` names. Each text is one line that a user can act on."""


class CurateError(Exception):
    """A fault with a clear line for the user; anything else that escapes is a bug."""


class SettingsError(CurateError):
    """The settings, the command line or the input files cannot work; nothing was sent (exit 2)."""


class BusyError(SettingsError):
    """Another command holds the work folder."""


class StaleError(SettingsError):
    """Somebody else has changed what was to be changed: nothing was (exit 2)."""


class HubError(CurateError):
    """The Hub cannot be reached, or does not hold what was sent; the same command goes on (exit 1)."""


class StoreError(CurateError):
    """The disk or a store under the work folder failed; everything answered before is kept (exit 1)."""


class MediaError(CurateError):
    """A medium cannot be shown. `reason` is short and countable, `detail` says what was seen.

    `lasting` is false where another try may go better (a decoder that crashed or took too long).
    """

    def __init__(self, reason: str, detail: str = "", lasting: bool = True) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.lasting = lasting

    def __reduce__(self) -> tuple[type["MediaError"], tuple[str, str, bool]]:
        """Keep all fields on the way back from the decoder's process."""
        return MediaError, (self.reason, self.detail, self.lasting)


class AskError(CurateError):
    """A request that ended without a reply."""


class TransientError(AskError):
    """Asking again may help. `retry_after` is the server's own wish, in seconds."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ThrottledError(TransientError):
    """The server takes no more for now: the pace is too high for it, the request is sound."""


class CrampedError(TransientError):
    """This process may not open another connection: that tells nothing of the server."""


class BatchedError(TransientError):
    """A request of a batch failed by itself: that tells nothing of the server, which answered all of them together."""


class AwayError(TransientError):
    """The server cannot be reached at all; the request never arrived."""


class RefusedError(AskError):
    """The server refuses this request for good (an image it cannot read)."""


class TooLongError(RefusedError):
    """The prompt is longer than the model can read: only a smaller request helps."""


class GoneError(AskError):
    """The server was away for too long: in this run nobody waits for it any more."""


class FatalError(AskError):
    """No request to this model can work (a key refused, a model unknown): the run stops (exit 2)."""


class UnansweredError(CurateError):
    """The journal holds no reply and nothing may be asked: the record is owed.

    `failure` is the last error that the journal knows for this request, if it was ever sent.
    """

    def __init__(self, failure: str | None = None) -> None:
        super().__init__(failure or "not asked yet")
        self.failure = failure


class OutgrownError(CurateError):
    """The journal holds only a reply that a lower token limit cut, and the request wants to be told."""


class SpentError(UnansweredError):
    """Another request might pass the limit that the settings set for money or tokens."""


class CrowdedError(CurateError):
    """So many requests wait for this model that the record had better come back later."""


class DeclinedError(CurateError, ValueError):
    """The model says that it sees nothing, or that it will not, or a filter did not let it answer."""


class UnreadableError(CurateError):
    """Every attempt was answered, and no reply could be read."""
