import Bytes
import Reactor

// Writing an answer.
extension HTTP1Connection: HTTPBodySink {
    /// Writes the answer; false when it could not be finished, so that the connection has to end.
    func send(_ response: HTTPResponse, version: HTTPRequest.Version, closes: Bool) async -> Bool {
        let isHead = exchange?.isHead == true
        let framing = Self.framing(of: response, isHead: isHead, version: version)
        encoder.append(
            response.status, response.headers, framing, closes: closes || framing == .untilClose,
            now: loop.calendarTime, to: &output)
        exchange?.framing = framing
        if !isHead, !response.status.forbidsContent {
            guard await sendBody(response.body) else {
                // The peer notices: less came than was announced, or no last chunk.
                flush()
                abort()
                return false
            }
        }
        scheduleFlush()
        return await keepPace()
    }

    private static func framing(
        of response: HTTPResponse, isHead: Bool, version: HTTPRequest.Version
    ) -> ResponseEncoder.Framing {
        guard !response.status.forbidsContent else { return .none }
        switch response.body {
        case .none: return isHead ? .none : .length(0)
        // Not reached: it is no answer of this kind.
        case .webSocket: return .none
        case .bytes(let bytes): return .length(UInt64(bytes.count))
        case .file(_, let range): return .length(range.upperBound - range.lowerBound)
        case .stream(let length?, _): return .length(length)
        case .stream(nil, _): return version == .http10 ? .untilClose : .chunked
        }
    }

    private func sendBody(_ body: HTTPResponse.Body) async -> Bool {
        switch body {
        case .none, .webSocket: return true
        case .bytes(let bytes):
            emit(bytes)
            return true
        case .file(let file, let range): return await send(file, range)
        case .stream(_, let produce):
            do {
                try await produce(HTTPBodyWriter(sink: self, number: requestCount))
            } catch {
                return false
            }
            return endBody()
        }
    }

    /// Sends the bytes of `file` in `range`, the next piece read while the last one is written.
    private func send(_ file: File, _ range: Range<UInt64>) async -> Bool {
        var position = range.lowerBound
        while position < range.upperBound {
            let count = Int(min(UInt64(HTTPLimits.filePiece), range.upperBound - position))
            guard let piece = try? await file.read(at: position, count: count), !piece.isEmpty else { return false }
            position += UInt64(piece.count)
            if case .closed = phase { return false }
            emit(piece)
            scheduleFlush()
            guard await keepPace() else { return false }
        }
        return true
    }

    /// Finishes a body that was written piece by piece; false when it is too short.
    private func endBody() -> Bool {
        guard let exchange, let framing = exchange.framing else { return false }
        if case .closed = phase { return false }
        switch framing {
        case .length(let length): return exchange.sentCount == length
        case .chunked:
            output.append(ResponseEncoder.lastChunk)
            return true
        case .untilClose, .none: return true
        }
    }

    func write(_ buffer: ByteBuffer, of number: UInt64) async throws(HTTPBodyError) {
        if case .closed = phase { throw .disconnected }
        guard let exchange, exchange.number == number, let framing = exchange.framing else { throw .finished }
        guard !buffer.isEmpty else { return }
        let sent = exchange.sentCount + UInt64(buffer.count)
        switch framing {
        case .none: throw .finished
        case .length(let length):
            guard sent <= length else { throw .wrongLength }
            emit(buffer)
        case .chunked:
            output.append(hexadecimal: UInt64(buffer.count))
            output.appendLineEnd()
            emit(buffer)
            output.appendLineEnd()
        case .untilClose: emit(buffer)
        }
        self.exchange?.sentCount = sent
        scheduleFlush()
        guard await keepPace() else { throw Task.isCancelled ? .cancelled : .disconnected }
    }

    /// Waits while the peer does not take what is written; false when it never will.
    private func keepPace() async -> Bool {
        while stream.pendingWriteCount >= Limits.highWaterMark {
            if case .closed = phase { return false }
            if Task.isCancelled { return false }
            await waitUnlessCancelled()
        }
        if case .closed = phase { return false }
        return true
    }
}
