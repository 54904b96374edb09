import Bytes
import Reactor

// From a request to its answer.
extension HTTP2Connection {
    func serve(_ id: Int32, _ head: RequestHead, isWhole: Bool) async {
        let length: UInt64? = if case .length(let length) = head.framing { length } else { nil }
        let request = HTTPRequest(
            method: head.method, target: head.target, version: .http2, authority: head.authority,
            headers: head.headers, body: isWhole ? .empty : HTTPBody(length: length, source: self, number: UInt64(id)),
            remoteAddress: context.remoteAddress, isSecure: context.isSecure)
        let response = await context.handler(request)
        await answer(id, response)
        if case .file(let file, _) = response.body { try? await file.close() }
        end(id)
    }

    private func answer(_ id: Int32, _ response: HTTPResponse) async {
        if case .stream = response.body {} else { await skipBody(id) }
        guard let exchange = exchanges[id], !exchange.isGone else { return }
        switch exchange.bodyFailure {
        case .timedOut:
            return refuse(id, HTTPRefusal(.requestTimeout, "The content of the request came too slowly."))
        case .malformed(let refusal): return refuse(id, refusal)
        case .disconnected, .tooLong, .cancelled, .finished, .wrongLength, nil: break
        }
        if case .webSocket = response.body {
            return refuse(id, .malformed("WebSockets are served by HTTP/1.1 only."))
        }
        let length = Self.length(of: response)
        exchanges[id]?.length = length
        let hasBody = !exchange.isHead && !response.status.forbidsContent && length != 0
        respond(id, response.status, response.headers, length: length, hasBody: hasBody)
        guard hasBody else { return }
        exchanges[id]?.isAnswering = true
        if await sendBody(id, response.body) {
            session.endBody(id)
        } else {
            session.reset(id, isError: true)
        }
        scheduleFlush()
    }

    /// Reads over a body of moderate length that nobody wanted: some clients do not listen before they have sent it. What
    /// is longer is given up by the session after the answer.
    private func skipBody(_ id: Int32) async {
        guard exchanges[id]?.expectsContinue == false else { return }
        if let announced = exchanges[id]?.announced, announced > UInt64(HTTPLimits.lingeringInput) { return }
        var skipped = 0
        while skipped <= HTTPLimits.lingeringInput, let piece = try? await nextPiece(of: UInt64(id)) {
            skipped += piece.count
        }
    }

    private static func length(of response: HTTPResponse) -> UInt64? {
        switch response.body {
        case .none: 0
        case .bytes(let bytes): UInt64(bytes.count)
        case .file(_, let range): range.upperBound - range.lowerBound
        case .stream(let length, _): length
        case .webSocket: nil
        }
    }

    private func respond(
        _ id: Int32, _ status: HTTPStatus, _ headers: HTTPHeaders, length: UInt64?, hasBody: Bool
    ) {
        var fields = HTTPHeaders()
        fields.append(.date, HTTPDate.text(at: loop.calendarTime))
        if let length, !status.forbidsContent { fields.append(.contentLength, "\(length)") }
        var others = headers
        others.remove(.date)
        others.remove(.contentLength)
        fields.append(contentsOf: others)
        session.respond(id, status, fields, hasBody: hasBody)
        scheduleFlush()
    }

    /// Answers what no handler sees, or none to its end.
    func refuse(_ id: Int32, _ refusal: HTTPRefusal) {
        let response = context.configuration.refuse(refusal)
        guard case .bytes(let body) = response.body, exchanges[id]?.isHead != true, !body.isEmpty else {
            return respond(id, response.status, response.headers, length: 0, hasBody: false)
        }
        respond(id, response.status, response.headers, length: UInt64(body.count), hasBody: true)
        _ = session.write(body, id)
        session.endBody(id)
    }

    private func sendBody(_ id: Int32, _ body: HTTPResponse.Body) async -> Bool {
        switch body {
        case .none, .webSocket: return true
        case .bytes(let bytes):
            _ = session.write(bytes, id)
            return true
        case .file(let file, let range):
            var position = range.lowerBound
            while position < range.upperBound {
                let count = Int(min(UInt64(HTTPLimits.filePiece), range.upperBound - position))
                guard let piece = try? await file.read(at: position, count: count), !piece.isEmpty else { return false }
                position += UInt64(piece.count)
                guard (try? await write(piece, of: UInt64(id))) != nil else { return false }
            }
            return true
        case .stream(let length, let produce):
            do {
                try await produce(HTTPBodyWriter(sink: self, number: UInt64(id)))
            } catch {
                return false
            }
            return length == nil || exchanges[id]?.sentCount == length
        }
    }
}

extension HTTP2Connection: HTTPBodySource {
    func nextPiece(of number: UInt64) async throws(HTTPBodyError) -> ByteBuffer? {
        let id = Int32(truncatingIfNeeded: number)
        while true {
            guard let exchange = exchanges[id] else { throw .finished }
            if let failure = exchange.bodyFailure { throw failure }
            guard let (bytes, hasEnded) = session.takeBody(id) else { throw .disconnected }
            if !bytes.isEmpty {
                scheduleFlush()
                try count(bytes, id)
                return bytes
            }
            if hasEnded { return nil }
            if exchange.isGone { throw .disconnected }
            if Task.isCancelled { throw .cancelled }
            if exchange.expectsContinue {
                exchanges[id]?.expectsContinue = false
                session.invite(id)
                scheduleFlush()
            }
            exchanges[id]?.pace.resume(at: now)
            await wait(id)
            exchanges[id]?.pace.pause(at: now)
        }
    }

    private func count(_ bytes: ByteBuffer, _ id: Int32) throws(HTTPBodyError) {
        exchanges[id]?.pace.progress(bytes.count, at: now)
        exchanges[id]?.bodyLength += UInt64(bytes.count)
        guard let maximum = context.configuration.maximumBodyLength, let length = exchanges[id]?.bodyLength,
            length > maximum
        else { return }
        let failure = HTTPBodyError.malformed(
            HTTPRefusal(.contentTooLarge, "The content is longer than \(maximum) bytes."))
        exchanges[id]?.bodyFailure = failure
        throw failure
    }
}

extension HTTP2Connection: HTTPBodySink {
    func write(_ buffer: ByteBuffer, of number: UInt64) async throws(HTTPBodyError) {
        let id = Int32(truncatingIfNeeded: number)
        guard let exchange = exchanges[id], exchange.isAnswering else { throw .finished }
        guard !buffer.isEmpty else { return }
        let sent = exchange.sentCount + UInt64(buffer.count)
        if let length = exchange.length, sent > length { throw .wrongLength }
        exchanges[id]?.sentCount = sent
        guard session.write(buffer, id) != nil else { throw .disconnected }
        scheduleFlush()
        while let waiting = session.waitingCount(id) {
            if waiting < HTTP2Limits.waitingOutput { return }
            if Task.isCancelled { throw .cancelled }
            await wait(id)
        }
        throw .disconnected
    }
}
