import pathlib
import shutil
import sys

from run import Command

from .client import Client, first_line

ROOT = pathlib.Path(__file__).resolve().parents[3]


class AsyncSSH(Client):
    """A program of a few lines on AsyncSSH, whose own defaults choose request size and number."""

    name = "asyncssh"
    script = str(pathlib.Path(__file__).with_name("asyncssh-copy"))

    def __init__(self):
        environment = ROOT / ".cache/venv/bin/python3"
        self.program = str(environment) if environment.exists() else shutil.which("python3") or sys.executable

    def missing(self):
        return "" if self.version() != "?" else "AsyncSSH is not installed"

    def version(self):
        return first_line([self.program, "-c", "import asyncssh; print('AsyncSSH', asyncssh.__version__)"])

    def copy(self, site, verb, source, target):
        cipher = [site.cipher] if site.cipher else []
        return Command([self.program, self.script, verb, str(site.port), site.user, str(site.key),
                        str(site.known_hosts), str(source), str(target), *cipher])

    def get(self, site, source, target):
        return self.copy(site, "get", source, target)

    def put(self, site, source, target):
        return self.copy(site, "put", source, target)

    get_tree, put_tree = get, put
