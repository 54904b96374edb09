package import Bytes

/// The names in a directory, `.` and `..` left out.
package struct Listing: Equatable, Sendable {
    /// Those whose names are safe to create locally, in the server's order.
    package var entries: [DirectoryEntry]
    /// Why other names were left out: a server that sends such is broken or hostile.
    package var refusals: [NameRefusal]

    package init(entries: [DirectoryEntry] = [], refusals: [NameRefusal] = []) {
        self.entries = entries
        self.refusals = refusals
    }
}

/// Directories (draft-ietf-secsh-filexfer-02 §6.7).
extension FileTransferClient {
    /// Opens a directory to read its names. Close the handle.
    package func openDirectory(_ path: RawPath) async throws(RequestError) -> Handle {
        try await ask(.opendir(path), orphaned: { self.abandon($0) }) { reply throws(RequestError) in try reply.handle()
        }
    }

    /// Some more entries, unchecked, `.` and `..` among them; nil behind the last one.
    package func readDirectory(_ handle: Handle) async throws(RequestError) -> [DirectoryEntry]? {
        do {
            return try await ask(.readdir(handle)) { reply throws(RequestError) in try reply.entries() }
        } catch  where error.code == .endOfFile {
            return nil
        }
    }

    /// Lists a directory, with several requests in flight.
    ///
    /// - Parameter maximumCount: more entries than this make the call fail with `listingTooLong`, as more than
    ///   `Limits.maximumListingLength` bytes do: a server can go on without an end.
    package func list(
        _ path: RawPath, maximumCount: Int = Limits.defaultListingCount
    ) async throws(RequestError) -> Listing {
        let handle = try await openDirectory(path)
        defer { abandon(handle) }
        return try await perform { call in
            self.batch { self.readOn(DirectoryReading(handle: handle, maximumCount: maximumCount, call: call)) }
        }
    }

    private func readOn(_ reading: DirectoryReading) {
        while reading.wantsMore, reading.inFlightCount < Limits.listingRequestsInFlight {
            reading.inFlightCount += 1
            send(.readdir(reading.handle)) { result in
                reading.inFlightCount -= 1
                reading.take(result)
                self.readOn(reading)
            }
        }
    }
}

/// A listing in progress; it stays on the client's actor.
private final class DirectoryReading {
    private enum Phase {
        case reading
        /// The end was reported. Replies to earlier requests may still follow, as their order is the server's.
        case ending
    }

    let handle: Handle
    var inFlightCount = 0
    private var phase = Phase.reading
    private let maximumCount: Int
    private let call: PendingCall<Listing>
    private var listing = Listing()
    /// Entries received, whatever became of them.
    private var count = 0
    /// Bytes received.
    private var length = 0

    init(handle: Handle, maximumCount: Int, call: PendingCall<Listing>) {
        self.handle = handle
        self.maximumCount = maximumCount
        self.call = call
    }

    var wantsMore: Bool {
        switch phase {
        case .reading: call.isWaiting
        case .ending: false
        }
    }

    func take(_ result: Result<Reply, RequestError>) {
        guard call.isWaiting else { return }
        switch result {
        case .success(.name(let entries)) where !entries.isEmpty: add(entries)
        // No entries are the end for a server that does not say so: waiting for more could last for ever.
        case .success, .failure(.status(.endOfFile, _, _, _)): phase = .ending
        case .failure(let error): call.finish(.failure(error))
        }
        if case .ending = phase, inFlightCount == 0 { call.finish(.success(listing)) }
    }

    private func add(_ entries: [DirectoryEntry]) {
        count += entries.count
        guard count <= maximumCount else {
            call.finish(.failure(.listingTooLong(limit: maximumCount)))
            return
        }
        for entry in entries {
            length += entry.name.bytes.count + entry.longName.count
            for attribute in entry.attributes.extended { length += attribute.type.count + attribute.data.count }
            guard !NameValidator.isSkipped(entry.name) else { continue }
            do throws(NameRefusal) {
                try NameValidator.validate(entry.name)
                listing.entries.append(entry)
            } catch {
                listing.refusals.append(error)
            }
        }
        if length > Limits.maximumListingLength {
            call.finish(.failure(.listingTooLong(limit: Limits.maximumListingLength)))
        }
    }
}
