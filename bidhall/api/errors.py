"""One table from errors to HTTP, and one shape: ``{"error": {"code", "message", "params"}}``.

Errors of the requests themselves::

    BidhallError
    └── RequestError
        ├── BadJsonError        the body is not JSON, too deep, or holds a number with decimals
        ├── BadFieldError       a field of the body or the query is missing or impossible
        ├── BodyTooLargeError   the body is longer than this address takes
        ├── MediaTypeError      the body is not declared as application/json
        ├── BodyStalledError    the body did not come in time
        └── ForeignOriginError  the request comes from a page that is not the hall's
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final

import asyncpg
import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bidhall.accounts import errors as accounts
from bidhall.cases import errors as cases
from bidhall.custody.checks import ReleaseRefusedError
from bidhall.errors import BidhallError
from bidhall.files import tus
from bidhall.operator.client import OperatorAwayError
from bidhall.record import errors as record
from crypto.errors import CryptoError
from evaluation.errors import EvaluationError

__all__ = [
    "STATUSES",
    "BadFieldError",
    "BadJsonError",
    "BodyStalledError",
    "BodyTooLargeError",
    "ForeignOriginError",
    "MediaTypeError",
    "RequestError",
    "error_response",
    "handlers",
    "json_response",
]

_log = structlog.get_logger(__name__)
_NO_STORE: Final = {"Cache-Control": "no-store"}


class RequestError(BidhallError):
    """The request itself cannot be used."""

    default_code: ClassVar[str] = "bad-request"

    def __init__(self, message: str, **params: object) -> None:
        """Keep ``message`` for people, ``code`` and ``params`` for programs."""
        super().__init__(message)
        self.message, self.code, self.params = message, self.default_code, params


class BadJsonError(RequestError):
    """The body is not JSON, too deep, or holds a number with decimals."""

    default_code = "bad-json"


class BadFieldError(RequestError):
    """A field of the body or the query is missing or impossible."""

    default_code = "bad-field"


class BodyTooLargeError(RequestError):
    """The body is longer than this address takes."""

    default_code = "body-too-large"


class MediaTypeError(RequestError):
    """The body is not declared as application/json."""

    default_code = "not-json"


class BodyStalledError(RequestError):
    """The body did not come in time."""

    default_code = "body-stalled"


class ForeignOriginError(RequestError):
    """The request comes from a page that is not the hall's."""

    default_code = "foreign-origin"


STATUSES: Final[tuple[tuple[type[Exception], int], ...]] = (
    (accounts.SignInNeededError, 401),
    (accounts.SecondFactorNeededError, 403),
    (accounts.SignatureNeededError, 403),
    (cases.InvalidCommandError, 422),
    (cases.WrongPhaseError, 409),
    (cases.ForbiddenError, 403),
    (cases.NotFoundError, 404),
    (cases.LateError, 409),
    (cases.ConflictError, 409),
    (cases.RefusedError, 422),
    (accounts.SignInRefusedError, 401),
    (accounts.CodeRefusedError, 403),
    (accounts.TooManyAttemptsError, 429),
    (accounts.EnrolledAlreadyError, 409),
    (accounts.NotEnrollingError, 409),
    (accounts.AccountInvalidError, 422),
    (accounts.AccountExistsError, 409),
    (accounts.BusyError, 503),
    (accounts.KeyFileError, 500),
    (accounts.AccountsError, 400),
    (BadFieldError, 422),
    (BadJsonError, 400),
    (BodyTooLargeError, 413),
    (MediaTypeError, 415),
    (BodyStalledError, 408),
    (ForeignOriginError, 403),
    (RequestError, 400),
    (record.UnavailableError, 503),
    (record.OverloadedError, 503),
    (record.NotSequencedError, 503),
    *tus.STATUSES,
    (OperatorAwayError, 503),
    (ReleaseRefusedError, 409),
    (CryptoError, 422),
    (EvaluationError, 422),
    (BidhallError, 500),
)
"""The first row that fits decides."""

_AWAY: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    OSError,
    TimeoutError,
)
_NAMELESS: Final[Mapping[type[Exception], str]] = {OperatorAwayError: "operator-away"}
_HTTP_CODES: Final = {404: "no-such-address", 405: "method-not-allowed"}


def _plain(value: object) -> object:
    if isinstance(value, (str, int, bool, type(None))):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(one) for one in value]
    return str(value)


def _mapping(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} cannot go into an answer")


def json_response(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer in JSON that no cache keeps."""
    return Response(
        msgspec.json.encode(value, enc_hook=_mapping),
        status_code=status,
        headers={**_NO_STORE, **(headers or {})},
        media_type="application/json",
    )


def error_response(
    status: int,
    code: str,
    message: str,
    params: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with an error, in the one shape that errors have."""
    plain = {name: _plain(value) for name, value in (params or {}).items()}
    return json_response(
        {"error": {"code": code, "message": message, "params": plain}},
        status=status,
        headers=headers,
    )


def _ours(request: Request, error: Exception) -> Response:
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    code = getattr(error, "code", None) or _NAMELESS.get(type(error), "failed")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("refused", path=request.url.path, code=code, error=type(error).__name__)
    headers = {}
    if isinstance(error, accounts.TooManyAttemptsError):
        headers["Retry-After"] = str(error.retry_after)
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    return error_response(status, str(code), str(error), getattr(error, "params", {}), headers)


def _away(request: Request, error: Exception) -> Response:
    _log.warning("store is away", path=request.url.path, error=type(error).__name__)
    message = "the hall cannot reach its store at the moment; send the same again"
    return error_response(503, "unavailable", message, headers={"Retry-After": "1"})


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = _HTTP_CODES.get(error.status_code, "http-error")
    message = f"{request.method} {request.url.path[:200]!a}: {error.detail}"
    return error_response(error.status_code, code, message, headers=error.headers)


Handler = Callable[[Request, Exception], Awaitable[Response]]


def _awaited(handle: Callable[[Request, Exception], Response]) -> Handler:
    # A plain function would be run in a thread.
    async def answer(request: Request, error: Exception) -> Response:
        return handle(request, error)

    return answer


def handlers() -> dict[Any, Handler]:
    """Give the exception handlers of the application."""
    return {
        BidhallError: _awaited(_ours),
        CryptoError: _awaited(_ours),
        EvaluationError: _awaited(_ours),
        HTTPException: _awaited(_http),
        **dict.fromkeys(_AWAY, _awaited(_away)),
    }
