# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 1: one client for JSON over HTTP.

It knows nothing of a provider but what its :class:`Envelope` tells. It sends, bounds, retries by outcome, keeps the
rate, refuses writes in check mode and takes secrets out of every message. It never repeats a write whose outcome is
unknown: that is for those to decide who can read what happened.
"""

from __future__ import annotations

import json
import math
import re
import socket
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlencode, urlsplit

from ansible_collections.certops.cdn.plugins.module_utils._connections import Trust, bounded_adapter
from ansible_collections.certops.cdn.plugins.module_utils._errors import (
    ApiError,
    CheckModeError,
    Outcome,
    UnexpectedReplyError,
)
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._signing import OAuth2Auth
from ansible_collections.certops.cdn.plugins.module_utils._wait import Backoff, Clock, Deadline, RateLimiter

if TYPE_CHECKING:
    from requests import PreparedRequest, Response
    from requests.adapters import HTTPAdapter

    Auth = Callable[[PreparedRequest], PreparedRequest]

T = TypeVar("T")

try:
    import requests
    import urllib3
except ImportError:
    requests = None  # type: ignore[assignment]
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None

MAX_BODY = 8 * 1024 * 1024
"""Bytes of an answer that are read at most; the largest documented list is far below (1,000 rows, about 0.5 MB)."""

MAX_DEPTH = 32
"""Objects and lists inside each other that an answer has at most; documented are six."""

MAX_RETRY_AFTER = 60.0
"""Seconds that a ``Retry-After`` header can make us wait at most."""

MAX_CONNECT_SECONDS = 10.0
"""Seconds for an attempt to connect to one address; ``timeout`` counts where it is shorter."""

EXCERPT = 200
"""Characters of an unreadable answer that are shown."""

CLOCK_WINDOW = 300
"""Seconds that the clocks of the signed APIs may differ (api/zenlayer.md 5.2, api/tencent.md 1.3)."""


@dataclass(frozen=True)
class Call:
    """One request to a provider.

    :ivar action: the provider's name for it, for messages
    :ivar path: URL path below ``api_url``
    :ivar body: serialised as JSON, or as a form where ``form`` is set; None sends no body
    :ivar writes: it changes something: refused in check mode, never repeated after an unknown outcome
    :ivar once: executing it twice does harm: sent on a fresh connection, so that a stale one cannot blur its outcome
    :ivar subject: the target, for messages
    """

    action: str
    path: str = "/"
    method: str = "POST"
    body: Any = None
    form: bool = False
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    writes: bool = False
    once: bool = False
    subject: str = ""


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, read completely.

    :ivar signature: that of the request, which the answer may repeat; "" for none
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    signature: str = ""

    def json(self) -> Any:
        """The parsed body.

        :raises ValueError: it is no JSON
        """
        try:
            text = self.body.decode("utf-8-sig")
            value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
        except RecursionError as exc:
            raise ValueError("nested too deeply") from exc
        _check_depth(value)
        return _without_surrogates(value) if _SURROGATE.search(text) else value


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    """A number of JSON; one that is too large would be infinite, which nobody could write as JSON again."""
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _check_depth(value: Any) -> None:
    """
    :raises ValueError: it is nested so deeply that what looks into it could fail
    """
    level = [value] if isinstance(value, (dict, list)) else []
    for _depth in range(MAX_DEPTH):
        inner = (item.values() if isinstance(item, dict) else item for item in level)
        level = [child for children in inner for child in children if isinstance(child, (dict, list))]
        if not level:
            return
    raise ValueError("nested too deeply")


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def _without_surrogates(value: Any) -> Any:
    """The same with U+FFFD for halves of surrogate pairs: they are no characters, and nobody could encode them."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return [_without_surrogates(item) for item in value] if isinstance(value, list) else value


class Envelope(Protocol):
    """How a provider wraps results and errors."""

    @property
    def provider(self) -> str:
        """The provider's name, for messages."""

    def open(self, call: Call, reply: Reply) -> Any:
        """The result inside an answer.

        :raises ApiError: the answer tells of an error; ``outcome`` says what that means
        :raises ValueError: it is not of the documented shape (so does any TypeError or KeyError on the way)
        """


def with_advice(message: str, advice: str) -> str:
    """What a provider told of an error, as the middle of a sentence, and what can be done about it."""
    message = message.strip().rstrip(".") or "no message"
    return f"{message} ({advice})" if advice else message


@dataclass(frozen=True)
class Settings:
    """How calls are made; the shared options of all modules (DESIGN 4.1), times in seconds."""

    timeout: float = 30.0
    retries: int = 5
    validate_certs: bool = True
    ca_path: str | None = None
    rate_limit: float = math.inf
    concurrency: int = 1
    check_mode: bool = False
    user_agent: str = "certops.cdn"


class JsonClient:
    """Calls one base URL with one kind of credentials. Safe to use from ``settings.concurrency`` threads."""

    def __init__(
        self,
        base_url: str,
        envelope: Envelope,
        auth: Auth,
        settings: Settings,
        redact: Redactor,
        *,
        clock: Clock | None = None,
        limiter: RateLimiter | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._base_url = base_url
        self._envelope = envelope
        self._auth = auth
        self._settings = settings
        self._redact = redact
        self.clock = clock or Clock()
        self.clock_ahead = 0.0
        """Seconds that the provider's clock is ahead of this host's, by the last answer that told."""
        self._limiter = limiter or RateLimiter(settings.rate_limit, self.clock)
        self._backoff = backoff or Backoff()
        self._proxies = requests.utils.get_environ_proxies(base_url)
        self._headers = {
            **requests.utils.default_headers(),
            "User-Agent": settings.user_agent,
            "Accept": "application/json",
        }
        self._trust = Trust()
        self._adapter = self._new_adapter()

    def _new_adapter(self) -> HTTPAdapter:
        # Not a session of requests, which would look into redirects that are not followed, keep cookies, and let the
        # environment replace a signature (netrc) and the trust that the options ask for (REQUESTS_CA_BUNDLE).
        return bounded_adapter(self._settings.concurrency, self.clock, self._trust)

    def close(self) -> None:
        """Close all connections."""
        self._adapter.close()

    def call(self, call: Call, parse: Callable[[Any], T], deadline: Deadline | None = None) -> T:
        """Make a call and return what ``parse`` makes of the result in the answer.

        :param parse: raises ValueError, TypeError or KeyError for a result that is not of the documented shape
        :param deadline: nothing is started, and nothing waited for, beyond it. Without it a call ends after
            ``retries + 1`` times the time limit of a request plus the longest pause between attempts.
        :raises ApiError: the call failed for good; ``outcome`` tells what is known
        :raises CheckModeError: a write in check mode
        """
        if call.writes and self._settings.check_mode:
            raise CheckModeError(f"{call.action} changes something and was not sent in check mode", code="CheckMode")
        body = _serialise(call)
        renewed = False
        attempt = 0
        while True:
            with self._limiter.turn():
                request = self._prepare(call, body, deadline)
                try:
                    return self._interpret(call, self._send(call, request, deadline), parse)
                except ApiError as error:
                    if error.http_status == 401 and isinstance(self._auth, OAuth2Auth) and not renewed:
                        # The token expired on its way, so nothing was executed (api/vdms.md 1.6).
                        self._auth.renew(rejected=request.headers["Authorization"])
                        renewed = True
                        continue
                    pause = self._pause_before_retry(call, error, attempt, deadline)
                    if pause is None:
                        if attempt:
                            error.add(f"Tried {attempt + 1} times.")
                        raise
            attempt += 1
            self.clock.sleep(pause)

    def _pause_before_retry(self, call: Call, error: ApiError, attempt: int, deadline: Deadline | None) -> float | None:
        """Seconds to wait before the next attempt, or None where the error is final (DESIGN, rule 4)."""
        final = (
            error.outcome is Outcome.REFUSED
            or (error.outcome is Outcome.UNKNOWN and call.writes)
            or isinstance(error, _FinalError)
            or attempt >= self._settings.retries
        )
        if final:
            return None
        pause = max(self._backoff.pause(attempt), error.retry_after or 0.0)
        if deadline is not None and pause >= deadline.remaining():
            return None
        return pause

    def _prepare(self, call: Call, body: bytes | None, deadline: Deadline | None) -> PreparedRequest:
        """The request, signed now: every attempt has a signature or token of its own."""
        # By hand: `requests.Request.prepare` takes a fifth of a call's processor time, for what is the same every time.
        request = requests.PreparedRequest()
        request.method = call.method
        try:
            request.url = _prepared(self._url(call))
        except requests.RequestException as exc:
            raise self._transport_error(call, exc) from exc
        request.headers = {**self._headers, **_content_type(call), **call.headers}  # type: ignore[assignment]
        request.body = body
        request.prepare_content_length(body)
        auth = self._auth.by(deadline) if isinstance(self._auth, OAuth2Auth) else self._auth
        auth(request)
        for name, value in request.headers.items():
            if not (value.isascii() and value.isprintable()):
                text = f"the header {name} cannot hold line breaks or characters beyond ASCII; check the credentials"
                raise self._error(call, "InvalidHeader", text, kind=_FinalError)
        return request

    def _url(self, call: Call) -> str:
        query = urlencode(call.query)
        return f"{self._base_url}{call.path}" + (f"?{query}" if query else "")

    def _send(self, call: Call, request: PreparedRequest, deadline: Deadline | None) -> Reply:
        """Send one signed request and read the whole answer within the time limit.

        :raises ApiError: it did not come about, with what is known of the outcome
        """
        timeout = self._settings.timeout
        if deadline is not None:
            # A last look at the end of a wait still gets a second.
            timeout = min(timeout, max(deadline.remaining(), 1.0))
        verify: bool | str = self._settings.validate_certs
        if verify and self._settings.ca_path:
            verify = self._settings.ca_path
        adapter = self._new_adapter() if call.once else self._adapter
        try:
            with adapter.send(
                request,
                stream=True,
                timeout=(min(timeout, MAX_CONNECT_SECONDS), timeout),
                verify=verify,
                proxies=self._proxies,
            ) as response:
                skew = _clock_skew(response.headers)
                if skew is not None:
                    self.clock_ahead = skew
                body = self._read(call, response)
                return Reply(response.status_code, response.headers, body, _signature_of(request))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as exc:
            raise self._transport_error(call, exc) from exc
        finally:
            if call.once:
                adapter.close()

    def _read(self, call: Call, response: Response) -> bytes:
        """The body, bounded in size."""
        raw = response.raw
        # read1() returns what is there. Older urllib3 lacks it, and reads so many bytes before it expands them: few.
        old = not hasattr(raw, "read1")
        chunks = raw.stream(1024, True) if old else iter(lambda: raw.read1(65536, decode_content=True), b"")
        body = bytearray()
        for chunk in chunks:
            body += chunk
            if len(body) > MAX_BODY:
                raise self._unexpected(call, response.status_code, f"is larger than {MAX_BODY // 2**20} MiB")
        length = response.headers.get("Content-Length", "")
        if length.isdigit() and "Content-Encoding" not in response.headers and len(body) < int(length):
            raise self._unexpected(call, response.status_code, f"was cut off after {len(body)} of {length} bytes")
        return bytes(body)

    # ---- What went wrong ----

    def _interpret(self, call: Call, reply: Reply, parse: Callable[[Any], T]) -> T:
        """The call's result, or the error that a network component or the provider's envelope tells of."""
        blocked = _network_block(reply)
        if blocked is not None:
            code, text = blocked
            raise self._error(call, code, text, status=reply.status, outcome=Outcome.REFUSED)
        try:
            return parse(self._envelope.open(call, reply))
        except ApiError as error:
            self._complete(error, call, reply)
            raise
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as exc:
            raise self._unreadable(call, reply) from exc

    def _complete(self, error: ApiError, call: Call, reply: Reply) -> None:
        """Add what only the client knows: action, status, clock, pause asked for; and mask secrets."""
        error.provider = self._envelope.provider
        error.action = call.action
        error.http_status = reply.status
        error.retry_after = _retry_after(reply.headers)
        skew = _clock_skew(reply.headers)
        where = f" for {call.subject}" if call.subject else ""
        details = [f"HTTP {reply.status}"]
        if error.request_id:
            details.append(f"request id {error.request_id}")
        code = f"{error.code}: " if error.code else ""
        text = f"{self._envelope.provider} {call.action} failed{where}: {code}{error.message} ({', '.join(details)})."
        if skew is not None and abs(skew) > CLOCK_WINDOW:
            direction = "behind" if skew > 0 else "ahead of"
            text += f" The clock of this host is {abs(skew):.0f} s {direction} the provider's; correct it."
        error.message = self._redact(text, reply.signature)
        error.args = (error.message,)

    def _unreadable(self, call: Call, reply: Reply) -> ApiError:
        if reply.status == 429:
            error = self._error(call, "429", "too many requests", status=429, outcome=Outcome.NOT_EXECUTED)
        elif 400 <= reply.status < 500 and reply.status != 408:
            error = self._error(
                call,
                str(reply.status),
                f"the answer has no readable error{self._excerpt(reply)}",
                status=reply.status,
                outcome=Outcome.REFUSED,
            )
        else:
            error = self._unexpected(call, reply.status, f"is not the documented JSON{self._excerpt(reply)}")
        error.retry_after = _retry_after(reply.headers)
        return error

    def _excerpt(self, reply: Reply) -> str:
        # Redacted before anything is cut off or joined: half a secret would not be recognised.
        text = " ".join(self._redact(reply.body.decode("utf-8", "replace"), reply.signature).split())
        if not text:
            return ", it is empty"
        return f", it begins: {text[:EXCERPT]}"

    def _unexpected(self, call: Call, status: int, what: str) -> ApiError:
        return self._error(
            call,
            "UnexpectedReply",
            f"the answer {what}",
            status=status,
            outcome=Outcome.UNKNOWN,
            kind=UnexpectedReplyError,
        )

    def _transport_error(self, call: Call, exc: Exception) -> ApiError:
        host = urlsplit(self._base_url).netloc
        connecting = _while_connecting(exc)
        if connecting and isinstance(exc, requests.exceptions.SSLError):
            if _is_distrust(exc):
                text = f"{host} was not trusted (check ca_path and validate_certs): {_root_cause(exc)}"
            else:
                text = f"no TLS connection to {host} (check scheme and port; TLS 1.2 is the least): {_root_cause(exc)}"
            return self._error(call, "TlsError", text, kind=_FinalError)
        if isinstance(exc, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
            return self._error(call, "InvalidUrl", f"cannot call {host}: {_root_cause(exc)}", kind=_FinalError)
        if connecting:
            return self._error(call, "ConnectionFailed", f"no connection to {host}: {_root_cause(exc)}")
        if isinstance(exc, (requests.exceptions.Timeout, socket.timeout, urllib3.exceptions.TimeoutError)):
            return self._error(
                call, "Timeout", f"{host} did not answer in time (option timeout)", outcome=Outcome.UNKNOWN
            )
        return self._error(
            call, "ConnectionLost", f"the connection to {host} broke: {_root_cause(exc)}", outcome=Outcome.UNKNOWN
        )

    def _error(
        self,
        call: Call,
        code: str,
        text: str,
        *,
        status: int | None = None,
        outcome: Outcome = Outcome.NOT_EXECUTED,
        kind: type[ApiError] = ApiError,
    ) -> ApiError:
        where = f" for {call.subject}" if call.subject else ""
        http = f" (HTTP {status})" if status is not None else ""
        return kind(
            self._redact(f"{self._envelope.provider} {call.action} failed{where}: {text}{http}."),
            provider=self._envelope.provider,
            action=call.action,
            code=code,
            http_status=status,
            outcome=outcome,
        )


class _FinalError(ApiError):
    """Not executed, and no attempt will be: an untrusted certificate, an impossible URL."""


@lru_cache(maxsize=64)
def _prepared(url: str) -> str:
    """The URL as it is sent.

    :raises requests.RequestException: it is none
    """
    request = requests.PreparedRequest()
    request.prepare_url(url, None)
    return str(request.url)


def _serialise(call: Call) -> bytes | None:
    """The body's bytes: written once, so that what is signed is what is sent."""
    if call.body is None:
        return None
    if call.form:
        return urlencode(call.body).encode("ascii")
    return json.dumps(call.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _signature_of(request: PreparedRequest) -> str:
    """What the Authorization header of a signed request proves; "" where it has no signature."""
    return str(request.headers.get("Authorization", "")).partition("Signature=")[2]


def _content_type(call: Call) -> dict[str, str]:
    if call.body is None:
        return {}
    return {"Content-Type": "application/x-www-form-urlencoded" if call.form else "application/json"}


def _network_block(reply: Reply) -> tuple[str, str] | None:
    """Code and text for an answer that comes from in front of the API (api/zenlayer.md 5.4)."""
    if reply.status == 451:
        return "REQUEST_BLOCKED", "the request was blocked by a security policy in front of the API"
    if reply.status == 403 and reply.headers.get("cf-mitigated", "").lower() == "challenge":
        return (
            "SECURITY_CHALLENGE",
            "a browser challenge stands in front of the API; ask the provider to admit this host",
        )
    if 300 <= reply.status < 400:
        target = _host_of(reply.headers.get("Location", "")) or "elsewhere"
        return "Redirect", f"the answer points to {target}; redirects are not followed with credentials, check api_url"
    return None


def _host_of(url: str) -> str:
    """Host and port of a URL without user and password; "" where there is none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def _layers(exc: BaseException) -> Iterator[BaseException]:
    """An exception and those inside it, from the outside in: requests and urllib3 wrap each other's several times."""
    inner: BaseException | None = exc
    while inner is not None:
        yield inner
        wrapped = (getattr(inner, "reason", None), *inner.args)
        inner = next((arg for arg in wrapped if isinstance(arg, BaseException)), None)


def _while_connecting(exc: BaseException) -> bool:
    """Whether it was raised while a connection, and the TLS on it, was set up, so that nothing can have been sent.

    The classes do not tell: TLS can break later too, and urllib3 1.26 blames the proxy for whatever happens behind it.
    """
    frames = (frame for layer in _layers(exc) for frame, _line in traceback.walk_tb(layer.__traceback__))
    return any(frame.f_code.co_name == "connect" for frame in frames)


def _is_distrust(exc: BaseException) -> bool:
    """Whether a TLS connection was given up because of the certificate."""
    # urllib3 1.26 compares addresses by itself, and has an exception of its own, or Python's, for those that differ.
    compared = any(type(layer).__name__ in ("CertificateError", "SSLCertVerificationError") for layer in _layers(exc))
    return compared or "CERTIFICATE_VERIFY_FAILED" in str(exc)


# What urllib3 and ssl put around a reason: "<urllib3... object at 0x7f>: Failed", "HTTPConnection(...): Failed",
# "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:1006)".
_NOISE = re.compile(r"^(?:<.*>|(?:HTTPS?)?Connection\(.*?\)): |^\[SSL[^]]*\] | \(_ssl\.c:\d+\)$")


def _root_cause(exc: BaseException) -> str:
    """The innermost reason, in words."""
    *_outer, exc = _layers(exc)
    told = exc.args[-1] if exc.args and isinstance(exc.args[-1], str) else str(exc)
    text = getattr(exc, "strerror", None) or told or type(exc).__name__
    return _NOISE.sub("", text).rstrip(".")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a ``Retry-After`` header (number or date), bounded; None without one."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (TypeError, ValueError):
            return None
    return min(max(0.0, seconds), MAX_RETRY_AFTER) if math.isfinite(seconds) else None


def _clock_skew(headers: Mapping[str, str]) -> float | None:
    """Seconds that this host's clock is behind the server's, by its ``Date`` header."""
    try:
        return parsedate_to_datetime(headers.get("Date", "")).timestamp() - time.time()
    except (TypeError, ValueError):
        return None
