import base64
import hashlib
import subprocess

from run import Command

from .client import Client


class Curl(Client):
    """curl with libssh2, one file at a time; it has no trees."""

    name = program = "curl"

    def missing(self):
        return super().missing() or ("" if "sftp" in self.protocols() else "this curl has no sftp")

    def protocols(self):
        return subprocess.run(["curl", "-V"], capture_output=True, text=True).stdout.split()

    def command(self, site, path, *arguments):
        digest = hashlib.sha256(base64.b64decode(site.host_key[1])).digest()
        return Command(["curl", "-sS", "-q", "--key", str(site.key), "--pubkey", f"{site.key}.pub", "-u",
                        f"{site.user}:", "--hostpubsha256", base64.b64encode(digest).decode(), *arguments,
                        f"sftp://{site.host}:{site.port}{path}"])

    def get(self, site, source, target):
        return self.command(site, source, "-o", str(target))

    def put(self, site, source, target):
        return self.command(site, target, "-T", str(source))
