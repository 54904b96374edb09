"""Where the clients connect: one server, reached directly or through a relay that delays."""
import dataclasses
import getpass
import pathlib
import signal
import subprocess

import run

RELAY = pathlib.Path(__file__).resolve().parents[2] / "Scripts/hosts/delay-relay"


@dataclasses.dataclass(frozen=True)
class Site:
    """What a client needs in order to reach the server."""

    directory: pathlib.Path
    port: int
    delay: int = 0  # milliseconds of a round trip
    cipher: str = ""  # the one to use, or the client's own choice

    user = getpass.getuser()
    host = "127.0.0.1"

    @property
    def target(self):
        return f"{self.user}@{self.host}"

    @property
    def key(self):
        return self.directory / "key"

    @property
    def known_hosts(self):
        return self.directory / "known_hosts"

    @property
    def host_key(self):
        """The server's public key: its type, and the rest in base64."""
        return (self.directory / "host_key.pub").read_text().split()[:2]


class Sites:
    """The server at every delay; relays are started when first asked for, and ended by `close`."""

    def __init__(self, directory, port, cipher):
        self.directory, self.port, self.cipher = directory, port, cipher
        self.relays, self.sites = [], {}
        self.known_hosts = open(directory / "known_hosts", "a")

    def at(self, delay):
        """The site with a round trip of `delay` milliseconds. Its host key is known to all clients from the start."""
        if delay not in self.sites:
            site = Site(self.directory, self.relay(delay) if delay else self.port, delay, self.cipher)
            print(f"[{site.host}]:{site.port} {' '.join(site.host_key)}", file=self.known_hosts, flush=True)
            self.sites[delay] = site
        return self.sites[delay]

    def relay(self, delay):
        relay = subprocess.Popen([RELAY, str(self.port), str(delay / 2)], stdout=subprocess.PIPE, text=True)
        run.KEPT.add(relay.pid)
        self.relays.append(relay)
        return int(relay.stdout.readline().split()[1])

    def close(self):
        for relay in self.relays:
            relay.send_signal(signal.SIGTERM)
            relay.communicate()
        self.known_hosts.close()
