package import Bytes

/// What OpenSSH's bare "Failure" hides, found out afterwards.
extension FileTransferClient {
    /// The same error with what the host's file system says for a reason, where the server gave none: that it is full or
    /// read-only.
    ///
    /// - Parameters:
    ///   - path: what it was about, where the error does not say.
    ///   - bytes: how many were to be written.
    package func explaining(
        _ error: RequestError, at path: RawPath, writing bytes: UInt64 = 0
    ) async -> RequestError {
        guard case .status(.failure, let message, let operation, let asked) = error,
            StatusCode.isBareFailure(message), isOpen, extensions.supports(.statvfs)
        else { return error }
        let folder = (asked ?? path).parent
        guard let statistics = try? await statistics(at: folder.isEmpty ? "." : folder) else { return error }
        guard let reason = Self.reason(statistics, bytes) else { return error }
        return .status(.failure, message: reason, operation: operation, path: asked)
    }

    private static func reason(_ statistics: FileSystemStatistics, _ bytes: UInt64) -> String? {
        if statistics.flags & FileSystemStatistics.readOnlyFlag != 0 { return "the host's file system is read-only" }
        if statistics.availableBytes < max(bytes, statistics.fragmentSize) { return "no space left on the host's disk" }
        // A file system that does not count files says that it has none.
        if statistics.files > 0, statistics.availableFiles == 0 {
            return "the host's disk has no room for another file"
        }
        return nil
    }
}

extension StatusCode {
    /// Whether a `failure` came without a word about why.
    package static func isBareFailure(_ message: String) -> Bool {
        message.isEmpty || message.lowercased() == "failure"
    }
}
