import shlex

from run import Command

from . import openssh
from .client import Client


class Rsync(Client):
    """rsync over ssh, for information: it has a program of its own at the far end."""

    name, program, is_sftp = "rsync", "rsync", False

    def command(self, site, *arguments):
        return Command(["rsync", "-a", "-e", shlex.join(["ssh", *openssh.options(site, cipher=openssh.FASTEST)]),
                        *arguments])

    def sync_down(self, site, source, target):
        return self.command(site, f"{site.target}:{source}/", f"{target}/")

    def sync_up(self, site, source, target):
        return self.command(site, f"{source}/", f"{site.target}:{target}/")
