"""OpenSSH's clients, as they come; where nobody says which cipher, with the faster of its own."""
import shlex

from run import Command

from .client import Client, first_line

# ChaCha20-Poly1305 is what OpenSSH prefers; this one takes less time where the CPU has AES.
FASTEST = "aes128-gcm@openssh.com"


def options(site, port_option="-p", cipher=None):
    cipher = site.cipher or cipher
    return ["-F", "none", port_option, str(site.port), "-i", str(site.key), *(["-c", cipher] if cipher else []),
            "-o", f"UserKnownHostsFile={site.known_hosts}", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"]


class OpenSSH(Client):
    def version(self):
        return first_line(["ssh", "-V"])


class SFTP(OpenSSH):
    name = program = "sftp"

    def batch(self, site, line):
        return Command(["sftp", "-q", *options(site, "-P", FASTEST), "-b", "-", site.target], feed=line + "\n")

    def get(self, site, source, target):
        return self.batch(site, f"get {source} {target}")

    def put(self, site, source, target):
        return self.batch(site, f"put {source} {target}")

    def get_tree(self, site, source, target):
        return self.batch(site, f"get -r {source} {target}")

    def put_tree(self, site, source, target):
        return self.batch(site, f"put -r {source} {target}")


class SCP(OpenSSH):
    name = program = "scp"

    def copy(self, site, *arguments):
        return Command(["scp", "-q", *options(site, "-P", FASTEST), *arguments])

    def get(self, site, source, target):
        return self.copy(site, f"{site.target}:{source}", str(target))

    def put(self, site, source, target):
        return self.copy(site, str(source), f"{site.target}:{target}")

    def get_tree(self, site, source, target):
        return self.copy(site, "-r", f"{site.target}:{source}", str(target))

    def put_tree(self, site, source, target):
        return self.copy(site, "-r", str(source), f"{site.target}:{target}")


class Tar(OpenSSH):
    """`ssh tar | tar`: what a tree costs when nobody asks for each file."""

    name, program, is_sftp = "tar pipe", "tar", False

    def pipe(self, site, packs, unpacks, here):
        ssh = shlex.join(["ssh", *options(site, cipher=FASTEST), site.target])
        left, right = (packs, f"{ssh} {shlex.quote(unpacks)}") if here else (f"{ssh} {shlex.quote(packs)}", unpacks)
        return Command(["bash", "-c", f"set -o pipefail; {left} | {right}"])

    def tree(self, site, source, target, here):
        packs = f"tar -C {shlex.quote(str(source))} -cf - ."
        unpacks = f"mkdir {shlex.quote(str(target))} && tar -C {shlex.quote(str(target))} -xf -"
        return self.pipe(site, packs, unpacks if here else f"({unpacks})", here)

    def get_tree(self, site, source, target):
        return self.tree(site, source, target, here=False)

    def put_tree(self, site, source, target):
        return self.tree(site, source, target, here=True)


class SSH(OpenSSH):
    name, program, is_sftp = "ssh", "ssh", False

    def true(self, site):
        return Command(["ssh", *options(site), site.target, "true"])
