package import Bytes
package import SSH

/// Moves files and trees over the SCP protocol, for servers that have a shell and `scp` and no SFTP.
///
/// The protocol can do less than SFTP (docs/decisions/0008-scp.md): a remote target is written under its own name and is
/// incomplete when the transfer breaks off; links are followed there and left out here; nothing is resumed, and nobody is
/// asked what a remote target is. Downloads appear under their name when they are whole, as with SFTP.
package enum SCPTransfer {
    /// Fetches `sources` to `destination`: into it when it is a folder or there are several sources, else under its name.
    ///
    /// With `expandsPatterns`, a source with wildcards (`*`, `?`, `[…]`) stands for all that the far end's shell finds, and
    /// `destination` has to be a folder. Cancelling the task closes the channel and removes what is not whole.
    package static func get(
        _ sources: [RawPath], to destination: RawPath, expandsPatterns: Bool = false, over connection: Connection,
        options: TransferOptions, progress: TransferProgress
    ) async -> TransferSummary {
        let download = SCPDownload(over: connection, options: options, progress: progress)
        return await download.run(sources, to: destination, expandsPatterns: expandsPatterns)
    }

    /// Sends `sources` to `destination`: into it when it is a folder there or there are several sources, else under its
    /// name. What is there is overwritten: any other rule for conflicts is refused.
    ///
    /// Cancelling the task closes the channel; what is half sent stays there as it is.
    package static func put(
        _ sources: [RawPath], to destination: RawPath, over connection: Connection, options: TransferOptions,
        progress: TransferProgress
    ) async -> TransferSummary {
        let upload = SCPUpload(over: connection, options: options, progress: progress)
        return await upload.run(sources, to: destination)
    }
}
