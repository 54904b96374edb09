import Bytes

/// Takes the chunks of a body apart (RFC 9112 §7.1): extensions are checked for form and ignored, trailers dropped.
struct ChunkedDecoder: Sendable {
    private enum State {
        /// Before or within the line with a chunk's length; how much of it was looked at.
        case line(scanned: Int)
        case data(left: UInt64)
        /// Before the end of line behind a chunk's data.
        case dataEnd
        /// Within the trailers; how much of the line at the front was looked at.
        case trailers(scanned: Int)
    }

    private var state = State.line(scanned: 0)
    private var extensionCount = 0
    private var trailerCount = 0
    private var trailerFields = 0

    /// The next part of the body, taken out of `buffer`.
    mutating func next(_ buffer: inout ByteBuffer) throws(HTTPRefusal) -> RequestParser.BodyEvent {
        while true {
            switch state {
            case .line(var scanned):
                guard let line = try Self.line(&buffer, &scanned, limit: HTTPLimits.chunkLine) else {
                    state = .line(scanned: scanned)
                    return .needsMore
                }
                let length = try length(line)
                state = length == 0 ? .trailers(scanned: 0) : .data(left: length)
            case .data(let left):
                guard !buffer.isEmpty else { return .needsMore }
                let count = Int(min(left, UInt64(min(buffer.count, HTTPLimits.bodyPiece))))
                state = left == UInt64(count) ? .dataEnd : .data(left: left - UInt64(count))
                return .piece(buffer.split(count))
            case .dataEnd:
                if buffer.count >= 1, buffer[0] != Bytestring.carriageReturn {
                    throw .malformed("A chunk is too long.")
                }
                guard buffer.count >= 2 else { return .needsMore }
                guard buffer[1] == Bytestring.lineFeed else { throw .malformed("A chunk is too long.") }
                buffer.consume(2)
                state = .line(scanned: 0)
            case .trailers(var scanned):
                guard let line = try Self.line(&buffer, &scanned, limit: HTTPLimits.trailers) else {
                    state = .trailers(scanned: scanned)
                    return .needsMore
                }
                if line.isEmpty { return .end }
                try check(trailer: line)
                state = .trailers(scanned: 0)
            }
        }
    }

    /// The line at the front without its end, taken out; nil when it is not complete. `scanned` bytes were looked at.
    private static func line(
        _ buffer: inout ByteBuffer, _ scanned: inout Int, limit: Int
    ) throws(HTTPRefusal) -> [UInt8]? {
        while scanned < buffer.count {
            guard scanned < limit else { throw .malformed("A line between chunks is too long.") }
            let byte = buffer[scanned]
            if scanned > 0, buffer[scanned - 1] == Bytestring.carriageReturn {
                guard byte == Bytestring.lineFeed else { throw .malformed("There is a carriage return within a line.") }
                let line = [UInt8](buffer.bytes.extracting(first: scanned - 1))
                buffer.consume(scanned + 1)
                return line
            }
            guard byte != Bytestring.lineFeed else { throw .malformed("A line ends without a carriage return.") }
            scanned += 1
        }
        return nil
    }

    /// The chunk's length in `line`, whose extensions may only have visible characters: no blanks to hide between.
    private mutating func length(_ line: [UInt8]) throws(HTTPRefusal) -> UInt64 {
        let digits = line.prefix { $0.hexadecimalValue != nil }
        guard (1...HTTPLimits.chunkDigits).contains(digits.count) else {
            throw .malformed("The length of a chunk is not one.")
        }
        let rest = line[digits.endIndex...]
        if let first = rest.first {
            guard first == UInt8(ascii: ";"), rest.count >= 2, rest.allSatisfy(\.isVisible) else {
                throw .malformed("The extension of a chunk is not one.")
            }
            extensionCount += rest.count
            guard extensionCount <= HTTPLimits.chunkExtensions else {
                throw .malformed("There are too many chunk extensions.")
            }
        }
        return digits.reduce(0) { $0 << 4 | UInt64($1.hexadecimalValue ?? 0) }
    }

    /// Throws unless `line` has the form of a header field.
    private mutating func check(trailer line: [UInt8]) throws(HTTPRefusal) {
        trailerCount += line.count + 2
        trailerFields += 1
        guard trailerCount <= HTTPLimits.trailers, trailerFields <= HTTPLimits.fields else {
            throw HTTPRefusal(.headerFieldsTooLarge, "There are too many trailers.")
        }
        let name = line.prefix { $0.isTokenCharacter }
        guard !name.isEmpty, name.endIndex < line.endIndex, line[name.endIndex] == Bytestring.colon,
            line[name.endIndex...].allSatisfy(\.isFieldCharacter)
        else { throw .malformed("A trailer is not a header field.") }
    }
}
