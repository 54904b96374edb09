"""What a client can be asked for."""
import re
import shutil
import subprocess


class Client:
    """Each verb returns the command that does it, or None when the client cannot.

    `get` and `put` carry one file to a path, `get_tree` and `put_tree` a folder to a path that does not exist yet,
    `sync_down` and `sync_up` make a tree like another one; `true` runs a command.
    """

    name = ""
    program = ""
    is_sftp = True  # whether it counts where every SFTP client has to be beaten

    def missing(self):
        """Why it cannot run here, or nothing."""
        return "" if shutil.which(self.program) else f"{self.program} is not installed"

    def version(self):
        return first_line([self.program, "--version"])

    def get(self, site, source, target):
        return None

    put = get_tree = put_tree = sync_down = sync_up = get

    def true(self, site):
        return None


def first_line(command):
    """The first line with a number that a program says about itself."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return "?"
    lines = [line.strip() for line in (result.stdout + result.stderr).splitlines()]
    return next((line for line in lines if re.search(r"\d\.\d", line)), "?")
