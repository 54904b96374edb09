import Bytes

extension FileTransferClient {
    /// Sends `request` and waits for what `convert` makes of the reply; a result that comes when the caller has gone away is
    /// given to `orphaned`.
    func ask<Value: Sendable>(
        _ request: Request, orphaned: @escaping (Value) -> Void = { _ in },
        _ convert: @escaping (Reply) throws(RequestError) -> Value
    ) async throws(RequestError) -> Value {
        try await perform { call in
            self.send(request) { reply in
                let result = reply.flatMap { reply in Result { () throws(RequestError) in try convert(reply) } }
                if !call.finish(result), case .success(let value) = result { orphaned(value) }
            }
        }
    }

    /// As `ask`, once the server has announced the extension.
    func askExtension<Value: Sendable>(
        _ request: ExtendedRequest, _ convert: @escaping (Reply) throws(RequestError) -> Value
    ) async throws(RequestError) -> Value {
        try await ready()
        guard extensions.supports(request.name) else { throw .unsupported(request.name) }
        return try await ask(.extended(request), convert)
    }
}

/// Reads replies as what they have to be; the core let only the fitting types through.
extension Reply {
    private func unexpected() -> RequestError {
        .protocolViolation(.unexpectedMessage(type: type.rawValue))
    }

    private func malformed(_ error: WireError) -> RequestError {
        .protocolViolation(.malformed(type, error))
    }

    func done() throws(RequestError) {
        guard case .status = self else { throw unexpected() }
    }

    func handle() throws(RequestError) -> Handle {
        guard case .handle(let handle) = self else { throw unexpected() }
        return handle
    }

    func attributes() throws(RequestError) -> Attributes {
        guard case .attributes(let attributes) = self else { throw unexpected() }
        return attributes
    }

    func entries() throws(RequestError) -> [DirectoryEntry] {
        guard case .name(let entries) = self else { throw unexpected() }
        return entries
    }

    /// The one name of an answer that has exactly one.
    func singleName() throws(RequestError) -> RawPath {
        let entries = try entries()
        guard entries.count == 1, let entry = entries.first else {
            throw malformed(.malformed("\(entries.count) names where one belongs"))
        }
        return entry.name
    }

    private func extendedData() throws(RequestError) -> [UInt8] {
        guard case .extended(let data) = self else { throw unexpected() }
        return data
    }

    func serverLimits() throws(RequestError) -> ServerLimits {
        let data = try extendedData()
        var reader = WireReader(data.rawSpan)
        do throws(WireError) { return try reader.serverLimits() } catch { throw malformed(error) }
    }

    func fileSystemStatistics() throws(RequestError) -> FileSystemStatistics {
        let data = try extendedData()
        var reader = WireReader(data.rawSpan)
        do throws(WireError) { return try reader.fileSystemStatistics() } catch { throw malformed(error) }
    }

    func accountNames(userCount: Int, groupCount: Int) throws(RequestError) -> AccountNames {
        let data = try extendedData()
        var reader = WireReader(data.rawSpan)
        do throws(WireError) {
            return try reader.accountNames(userCount: userCount, groupCount: groupCount)
        } catch {
            throw malformed(error)
        }
    }

    func fileHashes() throws(RequestError) -> FileHashes {
        let data = try extendedData()
        var reader = WireReader(data.rawSpan)
        do throws(WireError) { return try reader.fileHashes() } catch { throw malformed(error) }
    }
}
