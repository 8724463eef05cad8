"""Starts the ticker in every Celery worker's main process."""

from celery import bootsteps


class TickerStep(bootsteps.StartStopStep):
    requires = {"celery.worker.components:Pool"}

    def __init__(self, parent, **options):
        self.ticker = None
        super().__init__(parent, **options)

    def start(self, parent):
        from celery.signals import worker_shutting_down

        from work import leave  # Django is not set up yet when Celery reads its command line
        from work.ticker import Ticker

        worker_shutting_down.connect(leave.on_shutdown, weak=False, dispatch_uid="work.leave")

        queues = [str(name) for name in parent.app.amqp.queues.consume_from]
        self.ticker = Ticker(queues=queues)
        self.ticker.start()

    def stop(self, parent):
        if self.ticker:
            self.ticker.stop()
            self.ticker = None

    terminate = stop
