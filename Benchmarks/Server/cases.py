"""What the servers are measured at. A case's `run` prints its figures and returns what missed its bar."""
import dataclasses
import filecmp
import os
import shutil
import statistics
import subprocess
import time

from servers import Failure

MIB = 1 << 20
# OpenSSH's client has the first one as its own first choice; the second takes the least CPU on machines with AES-NI.
CIPHERS = ("chacha20-poly1305@openssh.com", "aes128-gcm@openssh.com")


def table(quick, python):
    size = (64 if quick else 1024) * MIB
    for cipher in CIPHERS:
        for verb in ("get", "put"):
            yield Transfer(f"{verb} {size // MIB} MiB, {cipher.split('@')[0]}", verb, size, cipher)
    yield SmallFiles("put 2,000 files of 4 KiB", "put", 100 if quick else 2000, 1.0)
    yield SmallFiles("get 2,000 files of 4 KiB", "get", 100 if quick else 2000, 1.5)
    count = 20 if quick else 100
    yield Handshakes(f"{count} handshakes, curve25519", count, "curve25519-sha256")
    yield Handshakes(f"{count} handshakes, sntrup761x25519", count, "sntrup761x25519-sha512@openssh.com")
    yield Idle("1,000 idle connections", 100 if quick else 1000, python)
    yield Crowd("100 clients at once", 10 if quick else 100)


def pattern(path, size):
    """A file without a pattern that compresses or repeats within a packet."""
    piece = os.urandom(MIB)
    with open(path, "wb") as file:
        for _ in range(max(size // MIB, 1)):
            file.write(piece[:size])


def by_turns(case, ours, theirs, pairs, once):
    """CPU seconds of both by turns, the first run of each uncounted; the ratios' median and spread."""
    figures = {server.name: [] for server in (ours, theirs)}
    for turn in range(pairs + 1):
        for server in (ours, theirs):
            before, start = server.cpu(), time.monotonic()
            once(server)
            wall = time.monotonic() - start
            if turn:
                figures[server.name].append((server.cpu() - before, wall))
    for name, runs in figures.items():
        cpu, wall = (statistics.median(run[index] for run in runs) for index in (0, 1))
        print(f"  {name:9} {cpu:8.2f} s CPU {wall:8.2f} s", flush=True)
    ratios = sorted(a[0] / max(b[0], 1e-9) for a, b in zip(figures[ours.name], figures[theirs.name]))
    return statistics.median(ratios), ratios


def verdict(text, value, ratios, limit, holds):
    print(f"  {text} {value:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), bar {limit}: {'holds' if holds else 'MISSED'}")
    return [] if holds else [f"{text} {value:.2f}, bar {limit}"]


@dataclasses.dataclass
class Transfer:
    """One file by OpenSSH's sftp, as it comes but for the cipher."""

    name: str
    verb: str
    size: int
    cipher: str
    limit = 0.7

    def run(self, ours, theirs, pairs):
        local, target = ours.directory / "large", ours.directory / "large.got"
        pattern(local, self.size)
        try:
            if self.verb == "get":
                for server in (ours, theirs):
                    shutil.copy(local, server.files / "large")

            def once(server):
                if self.verb == "get":
                    server.run("sftp", feed=f"get {server.remote}large {target}\n", cipher=self.cipher)
                    found = target
                else:
                    server.run("sftp", feed=f"put {local} {server.remote}put\n", cipher=self.cipher)
                    found = server.files / "put"
                if not filecmp.cmp(local, found, shallow=False):
                    raise Failure(f"{server.name}: the bytes differ")
                found.unlink()

            ratio, ratios = by_turns(self, ours, theirs, pairs, once)
        finally:
            for server in (ours, theirs):
                (server.files / "large").unlink(missing_ok=True)
            local.unlink()
        return verdict("CPU / sshd", ratio, ratios, f"≤ {self.limit}", ratio <= self.limit)


@dataclasses.dataclass
class SmallFiles:
    """Many small files by `sftp -r`, which waits for each answer."""

    name: str
    verb: str
    count: int
    limit: float

    def run(self, ours, theirs, pairs):
        local, target = ours.directory / "small", ours.directory / "small.got"
        local.mkdir()
        for number in range(self.count):
            (local / f"{number:05}").write_bytes(os.urandom(4096))
        try:
            if self.verb == "get":
                for server in (ours, theirs):
                    shutil.copytree(local, server.files / "small")

            def once(server):
                if self.verb == "get":
                    server.run("sftp", feed=f"get -r {server.remote}small {target}\n")
                    found = target
                else:
                    server.run("sftp", feed=f"put -r {local} {server.remote}put\n")
                    found = server.files / "put"
                names = [path.name for path in local.iterdir()]
                if len(filecmp.cmpfiles(local, found, names, shallow=False)[0]) != self.count:
                    raise Failure(f"{server.name}: not every file is the same")
                shutil.rmtree(found)

            ratio, ratios = by_turns(self, ours, theirs, pairs, once)
        finally:
            for server in (ours, theirs):
                shutil.rmtree(server.files / "small", ignore_errors=True)
            shutil.rmtree(local)
        return verdict("CPU / sshd", ratio, ratios, f"≤ {self.limit}", ratio <= self.limit)


@dataclasses.dataclass
class Handshakes:
    """Connections that exchange keys, verify the host key and are refused without a proof."""

    name: str
    count: int
    exchange: str
    limit = 1.5

    def run(self, ours, theirs, pairs):
        def once(server):
            command = server.command("ssh", "true", options=[
                "-o", f"KexAlgorithms={self.exchange}", "-o", "PreferredAuthentications=none"])
            for _ in range(self.count):
                done = subprocess.run(command, capture_output=True, text=True, env=server.environment,
                                      start_new_session=True, timeout=60, check=False)
                if "Permission denied" not in done.stderr:
                    raise Failure(f"{server.name}: {done.stderr}")

        ratio, ratios = by_turns(self, ours, theirs, pairs, once)
        rates = sorted(1 / value for value in ratios)
        return verdict("handshakes per CPU second / sshd's", 1 / ratio, rates, f"≥ {self.limit}",
                       1 / ratio >= self.limit)


IDLE = """
import asyncio, asyncssh, sys
port, count, known, user, password = int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:6]

async def main():
    gate, connections = asyncio.Semaphore(20), []
    async def connect():
        async with gate:
            connections.append(await asyncssh.connect(
                '127.0.0.1', port, username=user, password=password, known_hosts=known, client_keys=None,
                agent_path=None, config=None, kex_algs=['curve25519-sha256']))
    await asyncio.gather(*(connect() for _ in range(count)))
    print(len(connections), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    # The server must still have every one of them.
    for connection in connections:
        assert not connection.is_closed()
        connection.abort()

asyncio.run(main())
"""


@dataclasses.dataclass
class Idle:
    """Authenticated connections that do nothing, all from one AsyncSSH client."""

    name: str
    count: int
    python: str
    limit = 60.0

    def run(self, ours, theirs, pairs):
        empty = ours.memory()
        client = subprocess.Popen(
            [self.python, "-c", IDLE, str(ours.port), str(self.count), str(ours.known), ours.user, ours.password],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            made = client.stdout.readline().strip()
            if made != str(self.count):
                raise Failure(f"{made or 'none'} of {self.count} connections came about")
            full = ours.memory()
            client.communicate("\n", timeout=60)
            if client.returncode:
                raise Failure("connections were lost")
        finally:
            client.kill()
            client.wait()
        each = (full[1] - empty[1]) * 1024 / self.count
        holds = full[0] < self.limit
        print(f"  resident {full[0]:.1f} MB, proportional {full[1]:.1f} MB; without connections {empty[0]:.1f} and "
              f"{empty[1]:.1f} MB; {each:.1f} KiB each; bar < {self.limit:g} MB: {'holds' if holds else 'MISSED'}")
        return [] if holds else [f"{full[0]:.1f} MB, bar < {self.limit:g} MB"]


@dataclasses.dataclass
class Crowd:
    """Clients that transfer at once: each puts a file of its own, gets it back, and compares."""

    name: str
    count: int
    size = 4 * MIB

    def run(self, ours, theirs, pairs):
        place = ours.directory / "crowd"
        place.mkdir()
        try:
            clients, start = [], time.monotonic()
            for number in range(self.count):
                pattern(place / str(number), self.size)
            for number in range(self.count):
                client = subprocess.Popen(
                    ours.command("sftp"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE, env=ours.environment, start_new_session=True)
                client.stdin.write(f"put {place}/{number} /{number}\nget /{number} {place}/{number}.got\n".encode())
                client.stdin.close()
                clients.append(client)
            said = [client.stderr.read().decode() for client in clients]
            failed = [text for client, text in zip(clients, said) if client.wait(300)]
            if failed:
                raise Failure(f"{len(failed)} of {self.count} clients failed: {failed[0]}")
            wall = time.monotonic() - start
            lost = [number for number in range(self.count)
                    if not filecmp.cmp(place / str(number), place / f"{number}.got", shallow=False)]
        finally:
            shutil.rmtree(place)
        print(f"  {self.count} clients put and got {self.size // MIB} MiB each in {wall:.1f} s; "
              f"{len(lost)} have other bytes: {'MISSED' if lost else 'holds'}")
        return [f"{len(lost)} lost bytes"] if lost else []
