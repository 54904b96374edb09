import Bytes
import Reactor

// From a request to its answer.
extension HTTP1Connection {
    /// Has one request handled and answers it; false when the connection has to end afterwards.
    func serve(_ head: RequestHead) async -> Bool {
        requestCount += 1
        let configuration = context.configuration
        exchange = Exchange(
            number: requestCount, isHead: head.method == .head, expectsContinue: head.expectsContinue,
            pace: PaceGuard(grace: configuration.paceGrace, rate: configuration.minimumRate))
        defer { exchange = nil }
        if case .length(let length) = head.framing, let maximum = configuration.maximumBodyLength, length > maximum {
            refuse(HTTPRefusal(.contentTooLarge, "The content is longer than \(maximum) bytes."))
            return false
        }
        let request = request(head)
        let response = await context.handler(request)
        if case .webSocket(let upgrade) = response.body { return await goOn(as: upgrade, request, response.headers) }
        return await answer(response, to: head)
    }

    private func request(_ head: RequestHead) -> HTTPRequest {
        let body: HTTPBody =
            switch head.framing {
            case .none: .empty
            case .length(let length): HTTPBody(length: length, source: self, number: requestCount)
            case .chunked: HTTPBody(length: nil, source: self, number: requestCount)
            }
        return HTTPRequest(
            method: head.method, target: head.target, version: head.version, authority: head.authority,
            headers: head.headers, body: body, remoteAddress: context.remoteAddress, isSecure: context.isSecure)
    }

    private func answer(_ response: HTTPResponse, to head: RequestHead) async -> Bool {
        defer { if case .file(let file, _) = response.body { closeLater(file) } }
        if case .closed = phase { return false }
        let rest: Rest
        do throws(HTTPRefusal) {
            if let failure = exchange?.bodyFailure { try Self.refuse(failure) }
            // A body that is produced piece by piece may be made of the request's.
            if case .stream = response.body { rest = .none } else { rest = try skipReceivedBody() }
        } catch {
            refuse(error)
            return false
        }
        let closes =
            rest == .tooMuch || !head.isPersistent || isDraining
            || requestCount >= UInt64(context.configuration.maximumRequests)
        guard await send(response, version: head.version, closes: closes), !closes else { return false }
        return await skipBody()
    }

    /// Answers with 101 and gives the stream away; false, as the connection ends with the WebSocket.
    private func goOn(as upgrade: WebSocketUpgrade, _ request: HTTPRequest, _ headers: HTTPHeaders) async -> Bool {
        if case .closed = phase { return false }
        if let problem = WebSocketHandshake.problem(request) {
            refuse(problem)
            return false
        }
        var (fields, deflate) = WebSocketHandshake.answer(request, upgrade)
        fields.append(contentsOf: headers)
        encoder.append(.switchingProtocols, fields, .none, closes: false, now: loop.calendarTime, to: &output)
        flush()
        let socket = WebSocket(
            stream, role: .server, limits: upgrade.limits, deflate: deflate, subprotocol: upgrade.subprotocol)
        phase = .upgraded(socket)
        await socket.start()
        if isDraining { drain() }
        await upgrade.run(socket)
        await socket.close()
        return false
    }

    /// Closes `file` when its last read is done, which the connection need not wait for.
    private func closeLater(_ file: File) {
        Task { try? await file.close() }
    }

    // MARK: What is left of the body

    /// What has not come of a body that nobody wants.
    private enum Rest {
        case none
        case little
        case tooMuch
    }

    /// Throws what a body that failed is answered with, whatever its handler says.
    private static func refuse(_ failure: HTTPBodyError) throws(HTTPRefusal) {
        switch failure {
        case .malformed(let refusal): throw refusal
        case .timedOut: throw HTTPRefusal(.requestTimeout, "The content of the request came too slowly.")
        case .disconnected: throw .malformed("The content of the request is not complete.")
        case .tooLong, .cancelled, .finished, .wrongLength: break
        }
    }

    /// Reads over what has arrived of the body. A wrong framing is told instead of the answer.
    private func skipReceivedBody() throws(HTTPRefusal) -> Rest {
        guard parser.isInBody else { return .none }
        // Whether the client will send it, without having been told to, is not known.
        if exchange?.expectsContinue == true { return .tooMuch }
        var skipped: UInt64 = 0
        while skipped <= HTTPLimits.skippedBody {
            switch try parser.nextBody(&stream.received) {
            case .piece(let piece): skipped += UInt64(piece.count)
            case .end: return .none
            case .needsMore:
                guard let left = parser.bodyLeft, left <= HTTPLimits.skippedBody else { return .tooMuch }
                return .little
            }
        }
        return .tooMuch
    }

    /// Reads over the rest if it is little; false when it is not, or does not come.
    private func skipBody() async -> Bool {
        guard let rest = try? skipReceivedBody(), rest != .tooMuch else { return false }
        let number = requestCount
        do throws(HTTPBodyError) {
            while try await nextPiece(of: number) != nil {}
            return true
        } catch {
            return false
        }
    }
}

extension HTTP1Connection: HTTPBodySource {
    func nextPiece(of number: UInt64) async throws(HTTPBodyError) -> ByteBuffer? {
        while true {
            guard exchange?.number == number else { throw .finished }
            if let failure = exchange?.bodyFailure { throw failure }
            if case .closed = phase { throw .disconnected }
            do throws(HTTPRefusal) {
                switch try parser.nextBody(&stream.received) {
                case .end: return nil
                case .piece(let piece):
                    updateReading()
                    try count(piece)
                    return piece
                case .needsMore: break
                }
            } catch {
                exchange?.bodyFailure = .malformed(error)
                throw .malformed(error)
            }
            if inputHasEnded {
                exchange?.bodyFailure = .disconnected
                throw .disconnected
            }
            if Task.isCancelled { throw .cancelled }
            inviteBody()
            let before = stream.received.count
            exchange?.pace.resume(at: now)
            await waitUnlessCancelled()
            exchange?.pace.progress(stream.received.count - before, at: now)
            exchange?.pace.pause(at: now)
        }
    }

    private func count(_ piece: ByteBuffer) throws(HTTPRefusal) {
        exchange?.bodyLength += UInt64(piece.count)
        guard let maximum = context.configuration.maximumBodyLength, let exchange, exchange.bodyLength > maximum
        else { return }
        throw HTTPRefusal(.contentTooLarge, "The content is longer than \(maximum) bytes.")
    }

    /// Tells a client that waits for it to send the body (RFC 9110 §10.1.1).
    private func inviteBody() {
        guard exchange?.expectsContinue == true else { return }
        exchange?.expectsContinue = false
        output.append(ResponseEncoder.continueHead)
        scheduleFlush()
    }
}
