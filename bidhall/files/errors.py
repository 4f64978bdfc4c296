"""Why a file is not taken.

Each has a stable ``code``; ``tus.STATUSES`` is the one table from errors to HTTP::

    BidhallError
    └── FilesError
        ├── HeaderInvalidError      a header is missing, doubled or not what it must be
        │   ├── MediaTypeError      the body is not declared as a piece of an upload
        │   └── VersionError        the client speaks another version of tus
        ├── SignInNeededError       only people who are signed in may upload
        ├── UploadMissingError      no such upload, or not of this organisation
        ├── UploadExpiredError      it was not finished in time
        ├── UploadBusyError         another request is writing to it
        ├── UploadPinnedError       the record names it; it can no longer be removed
        ├── OffsetConflictError     the piece does not begin where the upload ends
        ├── TooLargeError           the file, or the piece, is longer than allowed
        ├── QuotaExceededError      the organisation has too much under way
        ├── StorageFullError        the hall's disk is full
        ├── StorageDamagedError     the disk lost bytes it had confirmed
        ├── ChecksumMismatchError   the piece arrived altered; nothing of it was kept
        └── StalledError            the client stopped sending; what came is kept
"""

from __future__ import annotations

from typing import ClassVar

from bidhall.errors import BidhallError


class FilesError(BidhallError):
    """A file was not taken; ``code`` is stable, ``params`` fill the page's translation."""

    default_code: ClassVar[str] = "file-refused"

    def __init__(self, message: str, *, code: str | None = None, **params: object) -> None:
        """Keep ``message`` for people, ``code`` and ``params`` for programs."""
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.params = params


class HeaderInvalidError(FilesError):
    """A header is missing, doubled or not what it must be."""

    default_code = "bad-header"


class MediaTypeError(HeaderInvalidError):
    """The body is not declared as a piece of an upload."""

    default_code = "bad-media-type"


class VersionError(HeaderInvalidError):
    """The client speaks another version of tus."""

    default_code = "bad-tus-version"


class SignInNeededError(FilesError):
    """Only people who are signed in may upload."""

    default_code = "sign-in-first"


class UploadMissingError(FilesError):
    """There is no such upload, or it belongs to another organisation."""

    default_code = "no-such-upload"


class UploadExpiredError(FilesError):
    """The upload was not finished in time."""

    default_code = "upload-expired"


class UploadBusyError(FilesError):
    """Another request is writing to this upload."""

    default_code = "upload-busy"


class UploadPinnedError(FilesError):
    """The record names this file; it can no longer be removed."""

    default_code = "upload-pinned"


class OffsetConflictError(FilesError):
    """The piece does not begin where the upload ends."""

    default_code = "wrong-offset"


class TooLargeError(FilesError):
    """The file, or the piece, is longer than allowed."""

    default_code = "too-large"


class QuotaExceededError(FilesError):
    """The organisation has too much under way."""

    default_code = "quota-exceeded"


class StorageFullError(FilesError):
    """The hall's disk is full."""

    default_code = "storage-full"


class StorageDamagedError(FilesError):
    """The disk lost bytes it had confirmed."""

    default_code = "storage-damaged"


class ChecksumMismatchError(FilesError):
    """The piece arrived altered; nothing of it was kept."""

    default_code = "checksum-mismatch"


class StalledError(FilesError):
    """The client stopped sending; what came is kept."""

    default_code = "upload-stalled"
