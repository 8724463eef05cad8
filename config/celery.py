"""The Celery application and its settings (docs/delivery.md says why each is what it is).

The broker only carries nudges. What is due, who works on it and what came of it are rows; so nothing here
retries, delays, schedules or stores a result.
"""

import os

import config  # noqa: F401

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
from celery import Celery
from kombu import Queue

from config import settings
from work.bootstep import TickerStep


def transport_options(url: str) -> dict:
    scheme = url.split(":", 1)[0]
    if scheme in ("redis", "rediss", "valkey"):
        return {
            "socket_timeout": 5,  # must exceed the 1 s of a blocking pop; the default is for ever
            "socket_connect_timeout": 1,
            "health_check_interval": 25,
            "visibility_timeout": 600,
        }
    if scheme in ("amqp", "amqps"):
        return {"confirm_publish": True}
    if scheme == "memory":
        return {"polling_interval": 0.05}
    return {}


def queues(url: str) -> list[Queue]:
    arguments = {"x-queue-type": "quorum"} if url.startswith("amqp") else None
    return [Queue(name, routing_key=name, queue_arguments=arguments) for name in ("default", "media")]


def settings_for(url: str) -> dict:
    return {
        "broker_url": url,
        "broker_transport_options": transport_options(url),
        "broker_connection_timeout": 1,
        "broker_pool_acquire_timeout": 1,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "task_queues": queues(url),
        "task_default_queue": "default",
        "task_default_queue_type": "quorum" if url.startswith("amqp") else "classic",
        "task_create_missing_queues": False,
        # the database delivers again; a broker that does so too would only do it late and twice
        "task_acks_late": False,
        "task_reject_on_worker_lost": False,
        "task_retry_on_worker_lost": False,
        "task_publish_retry": False,
        "task_ignore_result": True,
        "result_backend": None,
        "task_serializer": "json",
        "accept_content": ["json"],
        "enable_utc": True,
        "timezone": "UTC",
        "worker_prefetch_multiplier": 1,
        "worker_pool": "threads",
        "worker_soft_shutdown_timeout": 20,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_enable_remote_control": not url.startswith("memory"),
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "worker_detect_quorum_queues": True,
    }


app = Celery("hustings")
app.conf.update(settings_for(settings.BROKER_URL))
app.steps["worker"].add(TickerStep)
app.autodiscover_tasks()
