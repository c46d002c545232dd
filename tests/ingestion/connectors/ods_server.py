"""An Ed-Fi ODS/API on 127.0.0.1: resources with change versions, deletes, key changes, tokens that end."""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.ingestion.connectors.servers import HERE, certificate

DATA = "/api/data/v3/ed-fi/"


class Ods:
    """What an ODS holds. The client is `partner`, its secret `right`."""

    def __init__(self) -> None:
        self.version = 0
        self.records: dict[str, dict[str, tuple[int, dict[str, Any]]]] = {}
        self.deleted: dict[str, list[dict[str, Any]]] = {}
        self.rekeyed: dict[str, list[dict[str, Any]]] = {}

    def put(self, resource: str, record: dict[str, Any], key: str | None = None) -> str:
        """Write a record, a new one unless its id is given; its id."""
        self.version += 1
        key = key or uuid.UUID(int=self.version).hex
        self.records.setdefault(resource, {})[key] = (self.version, {"id": key, **record})
        return key

    def delete(self, resource: str, key: str) -> None:
        self.version += 1
        del self.records[resource][key]
        self.deleted.setdefault(resource, []).append({"id": key, "changeVersion": self.version})

    def change_key(self, resource: str, key: str, record: dict[str, Any]) -> None:
        """As a cascade does: the record is another, and only the list of key changes tells of it."""
        self.version += 1
        version, _ = self.records[resource][key]
        self.records[resource][key] = (version, {"id": key, **record})
        self.rekeyed.setdefault(resource, []).append({"id": key, "changeVersion": self.version})

    def within(self, resource: str, kind: str, low: int, high: int) -> list[dict[str, Any]]:
        """Records, deletes or key changes of a window, in the order in which they came to be."""
        if kind == "deletes":
            return [one for one in self.deleted.get(resource, []) if low <= one["changeVersion"] <= high]
        if kind == "keyChanges":
            return [one for one in self.rekeyed.get(resource, []) if low <= one["changeVersion"] <= high]
        held = self.records.get(resource, {}).values()
        return [record for version, record in held if low <= version <= high]


class OdsServer:
    """An Ods over HTTPS. `faults` gives a path the next answers: a status, "cut" or "silent"."""

    def __init__(self, keys: Path) -> None:
        self.ods = Ods()
        self.version = "7.1"
        self.tokens: list[str] = []
        self.faults: dict[str, list[int | str]] = {}
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        self.before: Any = None  # called with the path before a page is answered
        self.has_change_queries = True
        self.certificate, private = certificate(keys)
        outer = self

        class Handler(_Answers):
            server_of_test = outer

        self._server = ThreadingHTTPServer((HERE, 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign,assignment]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, private)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def end_tokens(self) -> None:
        """No token that was given holds any more."""
        self.tokens.clear()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of_test: OdsServer

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        outer = self.server_of_test
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        login = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        outer.asked.append(self.path)
        if self.path != "/api/oauth/token" or "grant_type=client_credentials" not in body:
            self._send(400, {"error": "unsupported_grant_type"})
        elif login != "partner:right":
            self._send(401, {"error": "invalid_client"})
        else:
            outer.tokens.append(uuid.uuid4().hex)
            self._send(200, {"access_token": outer.tokens[-1], "expires_in": 1800, "token_type": "bearer"})

    def do_GET(self) -> None:
        outer = self.server_of_test
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        outer.asked.append(self.path)
        fault = (outer.faults.get(parts.path) or [None]).pop(0)
        if fault == "silent":
            time.sleep(10)
        elif isinstance(fault, int):
            self._send(fault, {"detail": "the child is called Ana"}, outer.headers)
        elif parts.path == "/api":
            self._send(200, {"version": outer.version, "suite": "3"})
        elif self.headers.get("Authorization", "").removeprefix("Bearer ") not in outer.tokens:
            self._send(401, {"detail": "no"})
        elif parts.path.endswith("/availableChangeVersions") and outer.has_change_queries:
            self._send(200, {"oldestChangeVersion": 0, "newestChangeVersion": outer.ods.version})
        elif parts.path.startswith(DATA):
            self._resource(parts.path.removeprefix(DATA).split("/"), query, is_cut=fault == "cut")
        else:
            self._send(404, {})

    def _resource(self, path: list[str], query: dict[str, str], *, is_cut: bool) -> None:
        outer = self.server_of_test
        resource, kind = path[0], path[1] if len(path) > 1 else ""
        if kind and kind not in ("deletes", "keyChanges"):
            _, record = outer.ods.records.get(resource, {}).get(kind, (0, None))
            self._send(200 if record else 404, record or {})
            return
        if outer.before:
            outer.before(self.path)
        low, high = int(query.get("minChangeVersion", 0)), int(query.get("maxChangeVersion", 1 << 60))
        found = outer.ods.within(resource, kind, low, high)
        headers = {"Total-Count": str(len(found))} if query.get("totalCount") == "true" else {}
        if "pageSize" in query:
            start, size = int(query.get("pageToken", 0)), int(query["pageSize"])
            if found[start : start + size]:
                headers["Next-Page-Token"] = str(start + size)
        else:
            start, size = int(query.get("offset", 0)), int(query.get("limit", 25))
        self._send(200, found[start : start + size], headers, is_cut=is_cut)

    def _send(
        self, status: int, answer: object, headers: dict[str, str] | None = None, *, is_cut: bool = False
    ) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if is_cut else body)
        if is_cut:
            self.close_connection = True
