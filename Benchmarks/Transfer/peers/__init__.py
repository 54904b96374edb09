"""The clients that race: one small class each, with the settings that its own documents advise."""
from . import async_ssh, curl, fairlead, lftp, openssh, rclone, rsync

PEERS = {peer.name: peer for peer in [
    openssh.SFTP(), openssh.SCP(), openssh.Tar(), openssh.SSH(), rclone.Rclone(), lftp.LFTP(), async_ssh.AsyncSSH(),
    curl.Curl(), rsync.Rsync(),
]}
Fairlead = fairlead.Fairlead
