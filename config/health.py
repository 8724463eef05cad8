"""/health/live, /health/ready and /metrics: for load balancers, alarms and Prometheus."""

from __future__ import annotations

import hmac
import ipaddress
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from channels.crypto import encrypted_fields, old_rows
from publishing import chains, marks, metrics
from publishing.domain.sweep import orphans
from work import clock, heartbeat
from work.models import Finding

SILENT_S, DUE_S = 30.0, 60.0
KEPT_S = 5.0
SLOW_KEPT_S = 60.0  # what reads every secret
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
PLAIN = "text/plain; charset=utf-8"


class Kept:
    """One answer per process, kept for some seconds; those who ask meanwhile share it."""

    def __init__(self, make: Callable[[], Any], seconds: float) -> None:
        self.make, self.seconds = make, seconds
        self._lock = threading.Lock()
        self._until, self._value = 0.0, None

    def get(self) -> Any:
        with self._lock:
            if time.monotonic() >= self._until:
                self._value, self._until = self.make(), time.monotonic() + self.seconds
            return self._value

    def forget(self) -> None:
        with self._lock:
            self._until = 0.0


# Who may read -----------------------------------------------------------------------------------------------


def may_read(request: HttpRequest) -> bool:
    """From an allowed network, or with the token. What a proxy passes on needs the token: the address is the proxy's."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return hmac.compare_digest(given.strip().encode(), settings.METRICS_TOKEN.encode())
    if any(request.META.get(name) for name in FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network, strict=False) for network in settings.METRICS_ALLOW)


# Ready ------------------------------------------------------------------------------------------------------


def troubles() -> Iterator[str]:
    """Why this installation is not ready, a plain sentence each. Breakers are no reason: they are doing their work."""
    now = clock.now()
    age = metrics.ticker_age(now)
    if age is None:
        yield "No worker has ever run here. Start one: manage.py run_worker"
    elif age > SILENT_S:
        yield f"No worker has been heard of for {age:.0f} s. Nothing is published meanwhile."
    _, oldest = metrics.due(now)
    if oldest > DUE_S:
        yield f"The oldest due publication has waited for {oldest:.0f} s."
    for worker in metrics.live_workers(now):
        if worker.holds:
            yield f"Worker {worker.name} claims nothing: {worker.holds}"
        elif abs(worker.skew_s) > heartbeat.SKEW_WARN_S:
            yield f"The clock of worker {worker.name} differs from the database's by {worker.skew_s:.1f} s."
    if count := orphans(now):
        yield f"{count} publications have no next date, or it has passed unseen."
    for row in Finding.objects.filter(ok=False, key__in=(chains.KEY, marks.KEY)):
        yield row.words
    if old := old_secrets.get():
        yield f"{old} secrets are under an older key. Run manage.py rotate_keys, then take the old key away."


def _count_old_secrets() -> int:
    return sum(1 for field in encrypted_fields() for _ in old_rows(field))


old_secrets = Kept(_count_old_secrets, SLOW_KEPT_S)
_ready = Kept(lambda: tuple(troubles()), 1.0)


def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type=PLAIN)


def ready(request: HttpRequest) -> HttpResponse:
    """200 "ready", or 503 with the reasons (those only for who may read metrics)."""
    try:
        found = _ready.get()
    except (DatabaseError, InterfaceError):
        found = ("The database does not answer.",)
    if not found:
        return HttpResponse("ready", content_type=PLAIN)
    text = "\n".join(("not ready", *found)) if may_read(request) else "not ready"
    return HttpResponse(text, content_type=PLAIN, status=503)


class Middleware:
    """Answers the probes before anything else: they come by address, without a host name of ours or a session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.views = {"/health/live": live, "/health/ready": ready, "/metrics": prometheus}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = self.views.get(request.path_info)
        return view(request) if view is not None else self.get_response(request)


# Metrics ----------------------------------------------------------------------------------------------------


class _Collector:
    def collect(self) -> Any:
        return metrics.collect()


def _text() -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector())
    return generate_latest(registry)


_metrics = Kept(_text, KEPT_S)


def prometheus(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format. Not for everybody: it tells how much goes out, and what fails."""
    if not may_read(request):
        return HttpResponse(
            "Only from allowed addresses or with the token.\n", content_type=PLAIN, status=403
        )
    try:
        return HttpResponse(_metrics.get(), content_type=CONTENT_TYPE_LATEST)
    except (DatabaseError, InterfaceError):
        return HttpResponse("The database does not answer.\n", content_type=PLAIN, status=503)
