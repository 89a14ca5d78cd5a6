"""A Dask cluster on this machine, for tests."""

import os
import subprocess
import sys
import time


class Cluster:
    """A scheduler and workers of Dask as processes, all of them on the loopback address; without a word, its log aside."""

    def __init__(self, project, folder, **environment):
        self.project, self.processes = project, []
        # the folder that a program is started in comes first on its search path, then this project
        path = os.pathsep.join([str(project), *filter(None, [os.environ.get("PYTHONPATH")])])
        self.environment = os.environ | {"PYTHONPATH": path, "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "critical"}
        self.log = folder / "log"
        about = folder / "scheduler.json"
        here = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(about))
        self.scheduler = self.start(project, "dask_scheduler", *here, **environment)
        while not about.exists():
            assert self.scheduler.poll() is None, self.log.read_text()
            time.sleep(0.05)
        with self._client(scheduler_file=str(about)) as client:
            self.address = client.scheduler.address

    def start(self, folder, program, *arguments, **environment):
        with self.log.open("ab") as log:
            started = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{program}", *arguments],
                cwd=folder,
                env=self.environment | environment,
                stdout=log,
                stderr=log,
            )
        self.processes.append(started)
        return started

    def worker(self, folder=None):
        here = ("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(self.log.parent))
        return self.start(folder or self.project, "dask_worker", self.address, *here)

    def have(self, workers):
        """Start what is missing to so many workers, and wait until they have joined."""
        with self._client(self.address) as client:
            for _ in range(workers - len(client.nthreads())):
                self.worker()
            client.wait_for_workers(workers, timeout=60)

    @staticmethod
    def _client(*arguments, **named):
        from distributed import Client

        return Client(*arguments, set_as_default=False, **named)

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
