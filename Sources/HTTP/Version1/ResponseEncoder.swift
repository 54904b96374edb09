import Bytes

/// Writes the heads of HTTP/1 answers. A core without I/O.
struct ResponseEncoder: Sendable {
    /// How the end of an answer's body is told.
    enum Framing: Sendable, Equatable {
        /// There is no body and cannot be one.
        case none
        case length(UInt64)
        case chunked
        /// The connection's end is the body's: HTTP/1.0.
        case untilClose
    }

    /// The `Date` line of one second.
    private struct DateLine {
        var second: Int64 = -1
        var line: [UInt8] = []
    }

    private var date = DateLine()
    private static let version = [UInt8]("HTTP/1.1 ".utf8)
    private static let okLine = [UInt8]("HTTP/1.1 200 OK\r\n".utf8)
    private static let lengthName = [UInt8]("content-length: ".utf8)
    private static let chunkedLine = [UInt8]("transfer-encoding: chunked\r\n".utf8)
    private static let closeLine = [UInt8]("connection: close\r\n".utf8)
    private static let separator = [UInt8](": ".utf8)
    static let continueHead = [UInt8]("HTTP/1.1 100 Continue\r\n\r\n".utf8)
    static let lastChunk = [UInt8]("0\r\n\r\n".utf8)

    /// Appends the head of an answer. Fields that concern framing and the connection are the encoder's; those of `headers`
    /// are left out, except `Connection` in an answer 101 and `Upgrade` in 101 and 426.
    mutating func append(
        _ status: HTTPStatus, _ headers: HTTPHeaders, _ framing: Framing, closes: Bool, now: Int64,
        to output: inout ByteBuffer
    ) {
        if status.code == 200 {
            output.append(Self.okLine)
        } else {
            output.append(Self.version)
            output.append(decimal: UInt64(status.code))
            output.append(0x20 as UInt8)
            output.append(text: status.reason)
            output.appendLineEnd()
        }
        if date.second != now {
            date = DateLine(second: now, line: [UInt8]("date: \(HTTPDate.text(at: now))\r\n".utf8))
        }
        output.append(date.line)
        for field in headers.fields where !isOurs(field, headers, status) {
            output.append(headers.bytes.rawSpan.extracting(field.name))
            output.append(Self.separator)
            output.append(headers.bytes.rawSpan.extracting(field.value))
            output.appendLineEnd()
        }
        switch framing {
        case .none, .untilClose: break
        case .length(let length):
            output.append(Self.lengthName)
            output.append(decimal: length)
            output.appendLineEnd()
        case .chunked: output.append(Self.chunkedLine)
        }
        if closes { output.append(Self.closeLine) }
        output.appendLineEnd()
    }

    private func isOurs(_ field: HTTPHeaders.Field, _ headers: HTTPHeaders, _ status: HTTPStatus) -> Bool {
        switch field.name.count {
        case 4: headers.matches(field.name, HeaderName.date.bytes)
        case 7: status.code != 101 && status.code != 426 && headers.matches(field.name, HeaderName.upgrade.bytes)
        case 10: status.code != 101 && headers.matches(field.name, HeaderName.connection.bytes)
        case 14: headers.matches(field.name, HeaderName.contentLength.bytes)
        case 17: headers.matches(field.name, HeaderName.transferEncoding.bytes)
        default: false
        }
    }
}
