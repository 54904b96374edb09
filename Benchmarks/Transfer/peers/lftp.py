import shlex

from run import Command

from . import openssh
from .client import Client


class LFTP(Client):
    """lftp over OpenSSH's ssh.

    Its manual advises more packets in flight for long round trips (a larger sftp:size-write makes uploads to OpenSSH
    stand still), several connections for one large file (`pget`; there is no such upload), and parallel mirroring.
    """

    name = program = "lftp"

    def script(self, site, line):
        ssh = shlex.join(["ssh", "-a", "-x", *openssh.options(site, cipher=openssh.FASTEST)])
        settings = [f'set sftp:connect-program "{ssh}"', "set sftp:max-packets-in-flight 64",
                    "set net:max-retries 1", "set cmd:fail-exit yes", "set mirror:parallel-directories yes"]
        connect = f"open -u {site.user}, -p {site.port} sftp://{site.host}"
        return Command(["lftp", "--norc", "-c", "; ".join([*settings, connect, line])])

    def get(self, site, source, target):
        return self.script(site, f"pget -n {8 if site.delay else 1} {source} -o {target}")

    def put(self, site, source, target):
        return self.script(site, f"put {source} -o {target}")

    def mirror(self, site, *arguments):
        many = 32 if site.delay else 8
        return self.script(site, f"mirror --no-perms --parallel={many} {' '.join(map(str, arguments))}")

    def get_tree(self, site, source, target):
        return self.mirror(site, source, target)

    def put_tree(self, site, source, target):
        return self.mirror(site, "-R", source, target)

    sync_down, sync_up = get_tree, put_tree
