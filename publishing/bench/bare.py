"""What Celery alone needs for the same calls: ``python -m publishing.bench.bare ADDRESS CALLS THREADS``.

The same client, the same pool, no database, no promise: a crash loses or doubles.
"""

from __future__ import annotations

import sys
import threading
import time

import django


def main(address: str, calls: int, threads: int) -> None:
    django.setup()
    from celery import Celery

    from channels.wire import client, send

    app = Celery("bare", broker="memory://")
    app.conf.update(worker_prefetch_multiplier=1, task_ignore_result=True, worker_hijack_root_logger=False)
    app.conf.broker_transport_options = {"polling_interval": 0.05}
    left, done = [calls], threading.Event()
    lock = threading.Lock()

    @app.task
    def post(n: int) -> None:
        headers = {"Authorization": f"Bearer bare-{n % 200}"}
        send(client().build_request("POST", address, json={"text": f"Post {n}."}, headers=headers))
        with lock:
            left[0] -= 1
            if not left[0]:
                done.set()

    for n in range(calls):
        post.apply_async((n,))
    worker = app.Worker(
        pool="threads", concurrency=threads, loglevel="ERROR", without_mingle=True, without_gossip=True
    )
    threading.Thread(target=worker.start, daemon=True).start()
    began = time.monotonic()
    if not done.wait(300):
        sys.exit(f"{left[0]} calls were not made")
    print(f"{time.monotonic() - began:.3f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    import os

    os._exit(0)  # the worker's threads would be waited for
