"""The two servers, how a client reaches them, and what they use."""
import json
import os
import pathlib
import signal
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")
GONE_WITHIN = 10.0  # seconds that a server may take to be done with clients that have left


class Failure(Exception):
    """What did not work."""


def stat(pid):
    """The fields behind the name of /proc/PID/stat: parent, then CPU times in ticks; None when it has gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), sum(int(field) for field in fields[11:15])


def tree(root):
    """Ticks of a process, of what it has waited for, and of what runs below it; and how many those are."""
    processes = {int(name): found for name in os.listdir("/proc") if name.isdigit() and (found := stat(name))}
    inside, count = {root}, 0
    while len(inside) > count:
        count = len(inside)
        inside |= {pid for pid, (parent, _) in processes.items() if parent in inside}
    return sum(processes[pid][1] for pid in inside if pid in processes), count


class Server:
    """A server with its process; `files` is where its user's files are, `options` what reaches it."""

    name = ""

    def __init__(self, directory):
        self.directory = directory
        self.environment = dict(os.environ, SSH_AUTH_SOCK="")

    def prepare(self, pid):
        self.pid, self.idle = pid, tree(pid)[1]

    def cpu(self):
        """CPU seconds up to now, once everybody has left."""
        deadline = time.monotonic() + GONE_WITHIN
        while time.monotonic() < deadline:
            ticks, count = tree(self.pid)
            if count <= self.idle:
                return ticks / TICK
            time.sleep(0.02)
        raise Failure(f"{self.name}: clients have left, and their processes have not")

    def memory(self):
        """Resident and proportional set size of the process, in MB."""
        sizes = dict.fromkeys(("Rss:", "Pss:"), 0)
        for line in pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if (word := line.split()[0]) in sizes:
                sizes[word] = int(line.split()[1]) / 1024
        return sizes["Rss:"], sizes["Pss:"]

    def command(self, program, *arguments, cipher="", options=()):
        known = ["-F", "none", "-o", f"UserKnownHostsFile={self.known}", "-o", "StrictHostKeyChecking=yes",
                 "-o", "NumberOfPasswordPrompts=1", "-o", "LogLevel=ERROR"]
        port = ["-P" if program in ("sftp", "scp") else "-p", str(self.port)]
        cipher = ["-c", cipher] if cipher else []
        # Of options that are there twice ssh takes the first, and -b has one of its own: no questions.
        batch = ["-b", "-"] if program == "sftp" else []
        return [program, *known, *port, *cipher, *options, *self.identity, *batch, f"{self.user}@127.0.0.1", *arguments]

    def run(self, *arguments, feed="", **more):
        done = subprocess.run(self.command(*arguments, **more), input=feed.encode(), capture_output=True,
                              env=self.environment, start_new_session=True, timeout=600, check=False)
        if done.returncode:
            raise Failure(f"{self.name}: {arguments[0]}: status {done.returncode}: {done.stderr.decode()[-300:]}")


class OpenSSH(Server):
    name = "sshd"

    def __init__(self, directory, port, pid):
        super().__init__(directory)
        self.port, self.user = port, subprocess.check_output(["id", "-un"], text=True).strip()
        self.password, self.key = None, directory / "key"
        self.identity = ["-i", str(self.key), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"]
        self.known = directory / "known_hosts.sshd"
        self.known.write_text(f"[127.0.0.1]:{port} {(directory / 'host_key.pub').read_text()}")
        self.files = directory / "files.sshd"
        self.files.mkdir(exist_ok=True)
        self.remote = f"{self.files}/"
        self.prepare(pid)


class Demo(Server):
    """`fairlead demo`, with its files in the same place as the others'."""

    name = "fairlead"

    def __init__(self, fairlead, directory):
        super().__init__(directory)
        self.process = subprocess.Popen([fairlead, "demo", "--json"], stdout=subprocess.PIPE,
                                        env=dict(os.environ, TMPDIR=str(directory)), start_new_session=True)
        said = json.loads(self.process.stdout.readline())
        self.port, self.user, self.password, self.key = said["port"], said["username"], said["password"], None
        self.identity = ["-o", "BatchMode=no", "-o", "PreferredAuthentications=password",
                         "-o", "PubkeyAuthentication=no"]
        self.known = directory / "known_hosts.fairlead"
        self.known.write_text(f"[127.0.0.1]:{self.port} {said['host_key']}\n")
        answer = directory / "answer"
        answer.write_text(f"#!/bin/sh\necho '{self.password}'\n")
        answer.chmod(0o700)
        self.environment |= {"SSH_ASKPASS": str(answer), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":none"}
        self.files, self.remote = pathlib.Path(said["root"]), "/"
        self.prepare(self.process.pid)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
