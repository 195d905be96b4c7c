# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API under /_emulator: for tests and for people, not part of any service."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import scenario
from .certificates import Leaf
from .faults import FaultError, immediate
from .scenario import ScenarioError
from .settings import SettingError

if TYPE_CHECKING:
    from .app import Emulator

Handler = Callable[[web.Request], Awaitable[Any]]


def add_routes(app: web.Application, emulator: "Emulator") -> None:
    """All of them; `GET /_emulator` lists them."""
    control = Control(emulator)
    routes: list[tuple[str, str, Handler]] = [
        ("GET", "", control.index),
        ("GET", "/calls", control.calls),
        ("DELETE", "/calls", control.clear_calls),
        ("GET", "/stats", control.stats),
        ("GET", "/state", control.state),
        ("GET", "/faults", control.faults),
        ("POST", "/faults", control.add_faults),
        ("DELETE", "/faults", control.clear_faults),
        ("GET", "/settings", control.settings),
        ("PATCH", "/settings", control.change_settings),
        ("POST", "/reset", control.reset),
        ("POST", "/certificates", control.make_certificate),
        ("POST", "/zenlayer/domains/{key}", control.set_domain),
        ("POST", "/tencent/certificates/{key}", control.set_certificate),
        ("POST", "/vdms/requests/{key}", control.set_request),
        ("POST", "/vdms/revoke-tokens", control.revoke_tokens),
    ]
    control.routes = [f"{method} /_emulator{path}" for method, path, _handler in routes]
    for method, path, handler in routes:
        app.router.add_route(method, f"/_emulator{path}", _answered(emulator, handler))
    app.router.add_route("*", "/_emulator{tail:.*}", _answered(emulator, control.unknown))


class Control:
    """One method for each route; what it returns is the JSON answer."""

    def __init__(self, emulator: "Emulator"):
        self._emulator = emulator
        self.routes: list[str] = []

    async def index(self, request: web.Request) -> Any:
        """What there is."""
        return {"routes": self.routes}

    async def unknown(self, request: web.Request) -> Any:
        """A typo."""
        raise ScenarioError(f"there is no {request.method} {request.path}; see GET /_emulator")

    async def calls(self, request: web.Request) -> Any:
        """The record, filtered."""
        _known(request.query, ("service", "action", "writes"))
        writes = request.query.get("writes")
        if writes not in (None, "true", "false"):
            raise ScenarioError("writes is true or false")
        return self._emulator.record.calls(
            request.query.get("service"), request.query.get("action"), None if writes is None else writes == "true"
        )

    async def clear_calls(self, request: web.Request) -> Any:
        """Empty record, counters at zero; the answer is what was in the record."""
        calls = self._emulator.record.calls(None, None, None)
        self._emulator.clear_calls()
        return calls

    async def stats(self, request: web.Request) -> Any:
        """Counters."""
        return self._emulator.stats()

    async def state(self, request: web.Request) -> Any:
        """All services."""
        return self._emulator.state.as_dict()

    async def faults(self, request: web.Request) -> Any:
        """Open faults."""
        return self._emulator.faults.as_list()

    async def add_faults(self, request: web.Request) -> Any:
        """One or a list."""
        made = self._emulator.faults.add(await _body(request))
        for fault in made:
            if immediate(fault):
                self._emulator.connections.refuse(fault["seconds"])
        return [fault.as_dict() for fault in made]

    async def clear_faults(self, request: web.Request) -> Any:
        """No more trouble."""
        self._emulator.faults.clear()
        return {"cleared": True}

    async def settings(self, request: web.Request) -> Any:
        """All switches."""
        return self._emulator.state.settings.as_dict()

    async def change_settings(self, request: web.Request) -> Any:
        """Some switches."""
        self._emulator.state.settings.update(await _body(request))
        return self._emulator.state.settings.as_dict()

    async def reset(self, request: web.Request) -> Any:
        """A fresh state, and settings for it."""
        body = await _body(request)
        _known(body, ("scenario", "settings"))
        wanted = body.get("scenario")
        self._emulator.reset(scenario.load_named(wanted) if isinstance(wanted, str) else wanted)
        self._emulator.state.settings.update(body.get("settings", {}))
        return {"reset": True}

    async def make_certificate(self, request: web.Request) -> Any:
        """A certificate and key for uploads."""
        body = await _body(request)
        _known(body, ("names", "common_name", "not_before_days", "not_after_days", "key_type"))
        names = scenario.required(body, "names", "certificate")
        pair = self._emulator.state.issuer.issue(
            names,
            body.get("not_before_days", -1),
            body.get("not_after_days", 90),
            body.get("key_type", "ec"),
            body.get("common_name"),
        )
        leaf = Leaf(pair.chain)
        return {
            "certificate": pair.chain,
            "key": pair.key,
            "names": leaf.names,
            "not_before": leaf.not_before.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "not_after": leaf.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
            **{name: leaf.fingerprint(name) for name in ("md5", "sha1", "sha256")},
        }

    async def set_domain(self, request: web.Request) -> Any:
        """Zenlayer, by id or name."""
        return self._emulator.state.zenlayer.set_domain(request.match_info["key"], await _body(request))

    async def set_certificate(self, request: web.Request) -> Any:
        """Tencent, by id."""
        return self._emulator.state.tencent.set_certificate(request.match_info["key"], await _body(request))

    async def set_request(self, request: web.Request) -> Any:
        """VDMS, by id."""
        key = request.match_info["key"]
        if not key.isdigit():
            raise ScenarioError(f"{key!r} is no request id")
        return self._emulator.state.vdms.set_request(int(key), await _body(request))

    async def revoke_tokens(self, request: web.Request) -> Any:
        """All VDMS access tokens end now."""
        return {"revoked": self._emulator.state.vdms.tokens.revoke_all()}


def _answered(emulator: "Emulator", handler: Handler) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        emulator.connections.begin(request)
        try:
            response = web.json_response(await handler(request))
        except (ScenarioError, SettingError, FaultError, ValueError, TypeError) as error:
            response = web.json_response({"error": str(error)}, status=400)
        finally:
            emulator.connections.end(request)
        if emulator.connections.refusing:
            response.force_close()
        return response

    return answer


async def _body(request: web.Request) -> Any:
    text = await request.text()
    return json.loads(text) if text.strip() else {}


def _known(given: Mapping[str, Any], names: tuple[str, ...]) -> None:
    scenario.known(dict(given), names, "request")
