import re
import subprocess

from run import Command

from .client import Client


class Fairlead(Client):
    name = "fairlead"

    def __init__(self, program):
        self.program = program
        text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
        self.verbs = set(re.findall(r"^  ([a-z]+)  +\S", text, re.MULTILINE))

    def missing_verb(self, verb):
        """The command of `fairlead --help` that a verb needs and this binary does not have, or nothing."""
        needed = {"get": "get", "get_tree": "get", "put": "put", "put_tree": "put", "true": "exec"}.get(verb, "sync")
        return "" if needed in self.verbs else needed

    def command(self, site, verb, *arguments):
        cipher = ["--cipher", site.cipher] if site.cipher else []
        return Command([self.program, verb, "-F", "none", "--no-agent", "-p", str(site.port), "-i", str(site.key),
                        "--known-hosts", str(site.known_hosts), *cipher, *arguments])

    def get(self, site, source, target):
        return self.command(site, "get", "-q", f"{site.target}:{source}", str(target))

    def put(self, site, source, target):
        return self.command(site, "put", "-q", str(source), f"{site.target}:{target}")

    get_tree, put_tree = get, put

    def sync_down(self, site, source, target):
        return self.command(site, "sync", "-q", f"{site.target}:{source}", str(target))

    def sync_up(self, site, source, target):
        return self.command(site, "sync", "-q", str(source), f"{site.target}:{target}")

    def true(self, site):
        return self.command(site, "exec", site.target, "--", "true")
