import Bytes
import Cryptography
import HTTP
import Reactor
import Transfer

/// Writes a request's body into a file on a host, with several requests under way; what the host does not take stays with
/// the client.
///
/// On the loop of the file.
actor ContentWriter {
    private let loop: EventLoop
    private let file: any OpenFile
    private let window: Int
    private var underWay = 0
    private var failure: TransferError?
    private var waiter: CheckedContinuation<Void, Never>?
    /// Up to where everything was taken by the host.
    private var acknowledged: UInt64
    /// What was acknowledged beyond that, out of order.
    private var islands: [UInt64: UInt64] = [:]
    private var digest = MessageDigest(.sha256)

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// Writes from `offset` on, with up to `window` bytes on the way.
    init(_ file: any OpenFile, at offset: UInt64, window: Int, on loop: EventLoop) {
        self.file = file
        self.window = window
        self.loop = loop
        acknowledged = offset
    }

    /// Up to where the file is whole.
    var offset: UInt64 { acknowledged }

    /// The SHA-256 of what was written.
    func sum() -> String {
        var done = MessageDigest(.sha256)
        swap(&done, &digest)
        return Hexadecimal.encode(done.finish())
    }

    /// Writes all of `body`, at most `limit` bytes, and waits until the host has taken it. Throws `TransferError`,
    /// `HTTPBodyError` or a `Problem`.
    func copy(_ body: HTTPBody, limit: UInt64) async throws -> UInt64 {
        var next = acknowledged
        let end = next + limit
        do {
            while var piece = try await body.next() {
                guard UInt64(piece.count) <= end - next else {
                    throw Problem(.badRequest, "The body is longer than what was announced.")
                }
                digest.update(piece.bytes)
                while !piece.isEmpty {
                    if let failure { throw failure }
                    let part = piece.split(min(piece.count, file.writeLength))
                    write(part, at: next)
                    next += UInt64(part.count)
                    while underWay >= window { await wait() }
                }
            }
        } catch {
            while underWay > 0 { await wait() }
            throw error
        }
        while underWay > 0 { await wait() }
        if let failure { throw failure }
        return next
    }

    private func write(_ part: ByteBuffer, at offset: UInt64) {
        let count = part.count
        underWay += count
        file.write([part], at: offset) { result in
            self.assumeIsolated { $0.didWrite(count, at: offset, result) }
        }
    }

    private func didWrite(_ count: Int, at offset: UInt64, _ result: Result<Void, TransferError>) {
        underWay -= count
        switch result {
        case .success:
            islands[offset] = offset + UInt64(count)
            while let end = islands.removeValue(forKey: acknowledged) { acknowledged = end }
        case .failure(let error): failure = failure ?? error
        }
        waiter.take()?.resume()
    }

    private func wait() async {
        await withCheckedContinuation(isolation: self) { waiter = $0 }
    }
}
