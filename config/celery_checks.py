"""The settings of Celery that the promise rests on (docs/delivery.md says why each is what it is)."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error

FIXED: dict[str, Any] = {
    "task_acks_late": False,
    "task_reject_on_worker_lost": False,
    "task_ignore_result": True,
    "result_backend": None,
    "task_publish_retry": False,
    "broker_connection_timeout": 1,
    "broker_pool_acquire_timeout": 1,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "worker_prefetch_multiplier": 1,
    "worker_pool": "threads",
    "worker_soft_shutdown_timeout": 20,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "task_serializer": "json",
    "accept_content": ["json"],
    "enable_utc": True,
    "timezone": "UTC",
    "task_create_missing_queues": False,
}
REDIS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    "health_check_interval": 25,
    "visibility_timeout": 600,
}
TRANSPORTS: dict[str, dict[str, Any]] = {
    "redis": REDIS,
    "rediss": REDIS,
    "valkey": REDIS,
    "amqp": {"confirm_publish": True},
    "amqps": {"confirm_publish": True},
    "memory": {"polling_interval": 0.05},
}
UNFIT = {
    "filesystem": "it loses what it has read and dies on a half-written file",
    "sqla": "it loses messages and never deletes rows",
    "sqlalchemy": "it loses messages and never deletes rows",
    "django": "it no longer exists",
}


def check(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    from config.celery import app

    return list(found_in(app.conf))


def found_in(conf: Any) -> list[CheckMessage]:
    """What is wrong with these settings (a mapping with Celery's names)."""
    url = str(conf["broker_url"])
    scheme = url.split(":", 1)[0]
    found = [
        _error(1, f"Celery's {name} is {conf.get(name)!r}; delivery needs {value!r}.")
        for name, value in FIXED.items()
        if (conf.get(name) or None) != (value or None)
    ]
    if scheme not in TRANSPORTS:
        why = UNFIT.get(scheme, "nobody has tried what it loses")
        return [*found, _error(2, f"BROKER_URL begins with {scheme}://, which must not be used: {why}.")]
    options = conf.get("broker_transport_options") or {}
    found += [
        _error(3, f"broker_transport_options[{name!r}] is {options.get(name)!r}; {scheme} needs {value!r}.")
        for name, value in TRANSPORTS[scheme].items()
        if options.get(name) != value
    ]
    if scheme.startswith("amqp"):
        found += [
            _error(4, f"The queue {queue.name} is no quorum queue.")
            for queue in conf["task_queues"]
            if (queue.queue_arguments or {}).get("x-queue-type") != "quorum"
        ]
        if conf.get("task_default_queue_type") != "quorum":
            found.append(_error(4, "task_default_queue_type must be quorum on RabbitMQ."))
    if scheme == "memory" and conf.get("worker_enable_remote_control"):
        found.append(_error(5, "Remote control must be off on memory://: nobody could reach it."))
    return found


def _error(number: int, words: str) -> Error:
    hint = "config/celery.py sets it; docs/delivery.md says why it must stay so."
    return Error(words, hint=hint, id=f"hustings.E10{number}")
