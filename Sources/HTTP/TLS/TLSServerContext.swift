import Synchronization

/// A server's certificate and key, which can be replaced while it runs: connections keep what they began with.
package final class TLSServerContext: Sendable {
    private let certificateFile: String
    private let keyFile: String
    private let protocols: TLSProtocols
    private let current: Mutex<TLSContextHandle>

    /// Reads the chain and its key, both PEM, from files; blocks for the time of a disk.
    package init(certificateFile: String, keyFile: String, allowsHTTP2: Bool = true) throws(TLSError) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        protocols = allowsHTTP2 ? .http1And2 : .http1
        current = Mutex(try Self.load(certificateFile, keyFile, protocols))
    }

    /// Reads the files again, for connections from now on; when that fails everything stays as it is. From any thread;
    /// blocks for the time of a disk.
    package func reload() throws(TLSError) {
        let fresh = try Self.load(certificateFile, keyFile, protocols)
        current.withLock { $0 = fresh }
    }

    private static func load(
        _ certificateFile: String, _ keyFile: String, _ protocols: TLSProtocols
    ) throws(TLSError) -> TLSContextHandle {
        let handle = try TLSContextHandle(isServer: true)
        try handle.use(certificateFile: certificateFile, keyFile: keyFile)
        handle.offer(protocols)
        return handle
    }

    var handle: TLSContextHandle { current.withLock { $0 } }
}

/// Whom a client trusts.
package final class TLSClientContext: Sendable {
    let handle: TLSContextHandle

    /// Trusts the authorities in the PEM file `authorityFile`, or the system's; blocks for the time of a disk.
    package init(authorityFile: String? = nil) throws(TLSError) {
        handle = try TLSContextHandle(isServer: false)
        try handle.trust(authorityFile)
    }
}
