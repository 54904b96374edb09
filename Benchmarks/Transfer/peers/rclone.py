from run import Command

from .client import Client


class Rclone(Client):
    """rclone with its SFTP backend.

    Its documents advise requests of 255 KiB with OpenSSH's server, more transfers at a time for small files and long
    paths, and more streams for large files. Hashes are not compared afterwards, nor are times set where the others do
    not: both would only cost time.
    """

    name = program = "rclone"

    def command(self, site, verb, *arguments):
        remote = {"TYPE": "sftp", "HOST": site.host, "PORT": str(site.port), "USER": site.user,
                  "KEY_FILE": str(site.key), "KNOWN_HOSTS_FILE": str(site.known_hosts), "CHUNK_SIZE": "255k",
                  "CONCURRENCY": "64"}
        if site.cipher:
            remote["CIPHERS"] = site.cipher
        many = ["--transfers", "64", "--checkers", "64"] if site.delay else ["--transfers", "16", "--checkers", "16"]
        streams = ["--multi-thread-cutoff", "64M", "--multi-thread-streams", "8"] if site.delay else []
        return Command(
            ["rclone", verb, "-q", "--config", "/dev/null", "--ignore-checksum", *many, *streams, *arguments],
            environment={f"RCLONE_CONFIG_FAR_{name}": value for name, value in remote.items()})

    def get(self, site, source, target):
        return self.command(site, "copyto", f"far:{source}", str(target))

    def put(self, site, source, target):
        return self.command(site, "copyto", "--sftp-set-modtime=false", str(source), f"far:{target}")

    get_tree, put_tree = get, put

    def sync_down(self, site, source, target):
        return self.command(site, "sync", f"far:{source}", str(target))

    def sync_up(self, site, source, target):
        return self.command(site, "sync", str(source), f"far:{target}")
