"""One run of a client, measured."""
import ctypes
import dataclasses
import os
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
WORDS = 6  # lines of what a client that failed said
ORPHANS_LAST = 5.0  # seconds that processes which a client left behind may take to end


@dataclasses.dataclass
class Command:
    """What to run: `feed` is its standard input, `environment` is added to this program's."""

    arguments: list
    feed: str = ""
    environment: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Run:
    """Wall and CPU seconds of a client and of every process that it started, and the largest one's peak memory in MB.

    Memory is no less than what this program had when it started the client (about 20 MB). `stopped` says that the
    client ran into the limit: its times are then at least these.
    """

    wall: float
    cpu: float
    memory: float
    stopped: bool = False


class Failure(Exception):
    """A client that did not do what it was asked for."""


def adopt_orphans():
    """Makes the processes that a client leaves behind this program's children, so that their time counts."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def measure(command, limit):
    """Runs `command`, at most `limit` seconds."""
    start = time.monotonic()
    child = subprocess.Popen(
        command.arguments, stdin=subprocess.PIPE if command.feed else subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, env={**os.environ, **command.environment}, start_new_session=True)
    stopped = []

    def stop(*_):
        for pid in children() - KEPT if stopped else {child.pid}:
            os.kill(pid, signal.SIGKILL)
        stopped.append(True)

    # A handler runs between two system calls: no thread, no polling while the client works. Each further second ends
    # what the client left behind, which may hold its standard error open.
    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit, 1)
    try:
        if command.feed:
            child.stdin.write(command.feed.encode())
            child.stdin.close()
        errors = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
    except BaseException:
        stop()
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stderr.close()
    usages = [usage] + orphans()
    if child.returncode != 0 and not stopped:
        said = "\n    ".join([line for line in errors.decode(errors="replace").splitlines() if line][:WORDS])
        raise Failure(f"{' '.join(command.arguments)}: status {child.returncode}\n    {said}")
    memory = max(usage.ru_maxrss for usage in usages) / (1024 if sys.platform == "linux" else 1 << 20)
    return Run(wall, sum(usage.ru_utime + usage.ru_stime for usage in usages), memory, bool(stopped))


KEPT = set()  # children that live on: the relays


def orphans():
    """What the processes used that the client left behind."""
    usages, deadline = [], time.monotonic() + ORPHANS_LAST
    while time.monotonic() < deadline:
        left = [pid for pid in children() if pid not in KEPT]
        if not left:
            break
        for pid in left:
            try:
                ended, _, usage = os.wait4(pid, os.WNOHANG)
            except ChildProcessError:
                continue
            if ended:
                usages.append(usage)
        time.sleep(0.001)
    else:
        for pid in children() - KEPT:
            os.kill(pid, signal.SIGKILL)
            usages.append(os.wait4(pid, 0)[2])
    return usages


def children():
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return {int(pid) for pid in file.read().split()}
    except OSError:
        return set()
