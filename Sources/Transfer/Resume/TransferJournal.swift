package import Bytes
import Cryptography

/// What a transfer that may be continued writes down beside the local file: what it transfers, and which bytes have arrived.
///
/// | bytes | what |
/// |---|---|
/// | 20 | version line: `fairlead-transfer 1` and a newline |
/// | 4 + n | header: `uint32` length, then the fields of `Header` |
/// | 8 | check of all before it |
/// | 2 + 16 n + 8 | records: `uint16` count of ranges, `uint64` start and length of each, check of both |
///
/// Integers are in network byte order; a check is the first 8 bytes of a SHA-256. Records are appended while the transfer
/// runs. The file may be cut at any byte: what is behind the last whole record does not count, and the bytes it told of are
/// transferred again.
package enum TransferJournal {
    /// Which way the bytes go.
    package enum Direction: UInt8, Hashable, Sendable {
        case get = 1
        case put = 2
        /// From one server to another, or within one.
        case copy = 3
    }

    /// A file's content, as far as it can be told without reading it.
    package struct Source: Hashable, Sendable {
        /// Account and host, as in `ada@host:22`; empty for this machine.
        package var place: String
        package var path: RawPath
        /// In bytes.
        package var size: UInt64
        /// When the content was changed last: seconds since 1970, and nanoseconds in `0 ..< 1,000,000,000`.
        package var modificationSeconds: Int64
        package var modificationNanoseconds: UInt32
        /// The SHA-256 of all of it, where it is known.
        package var checksum: [UInt8]?

        package init(
            place: String, path: RawPath, size: UInt64, modificationSeconds: Int64, modificationNanoseconds: UInt32,
            checksum: [UInt8]? = nil
        ) {
            self.place = place
            self.path = path
            self.size = size
            self.modificationSeconds = modificationSeconds
            self.modificationNanoseconds = modificationNanoseconds
            self.checksum = checksum
        }
    }

    /// What is transferred. A transfer may go on by a journal only if this is what it would write itself.
    package struct Header: Hashable, Sendable {
        package var direction: Direction
        package var source: Source
        /// Account and host of the target, as `Source.place`.
        package var targetPlace: String
        package var target: RawPath
        /// Where the bytes are until all have arrived.
        package var temporary: RawPath
        /// Bytes in which the transfer counts.
        package var pieceLength: UInt32

        package init(
            direction: Direction, source: Source, targetPlace: String, target: RawPath, temporary: RawPath,
            pieceLength: UInt32
        ) {
            self.direction = direction
            self.source = source
            self.targetPlace = targetPlace
            self.target = target
            self.temporary = temporary
            self.pieceLength = pieceLength
        }
    }

    /// What a journal holds.
    package struct Contents: Hashable, Sendable {
        package var header: Header
        /// Which bytes of the source have arrived, all below `Source.size`.
        package var completed: ByteRangeSet
        /// How many bytes of the journal count: whoever goes on writing cuts it to that length first.
        package var length: Int
    }

    static let magic = Array("fairlead-transfer ".utf8)
    static let versionLine = magic + Array("1\n".utf8)
    static let checkLength = 8

    /// The start of a journal; throws when a field is longer than `JournalLimits` allow.
    package static func encode(_ header: Header) throws(JournalError) -> ByteBuffer {
        try check(header)
        var journal = ByteBuffer(versionLine)
        journal.appendString { body in
            body.append(header.direction.rawValue)
            body.append(string: header.source.place)
            body.append(string: header.source.path.bytes)
            body.append(header.source.size)
            body.append(header.source.modificationSeconds)
            body.append(header.source.modificationNanoseconds)
            body.append(string: header.source.checksum ?? [])
            body.append(string: header.targetPlace)
            body.append(string: header.target.bytes)
            body.append(string: header.temporary.bytes)
            body.append(header.pieceLength)
        }
        journal.append(check(of: journal.bytes))
        return journal
    }

    /// What is appended to a journal when `ranges` have arrived: a record, or several when they are many.
    package static func encode(record ranges: [Range<UInt64>]) -> ByteBuffer {
        var journal = ByteBuffer()
        for start in stride(from: 0, to: ranges.count, by: JournalLimits.rangesPerRecord) {
            let part = ranges[start..<min(start + JournalLimits.rangesPerRecord, ranges.count)]
            let begin = journal.count
            journal.append(UInt16(part.count))
            for range in part {
                journal.append(range.lowerBound)
                journal.append(range.length)
            }
            journal.append(check(of: journal.bytes.extracting(begin..<journal.count)))
        }
        return journal
    }

    /// Reads a journal: its header, and every record up to the first that is not whole.
    package static func decode(_ bytes: RawSpan) throws(JournalError) -> Contents {
        guard bytes.byteCount <= JournalLimits.journalLength else {
            throw .tooLong(bytes.byteCount, limit: JournalLimits.journalLength)
        }
        guard bytes.byteCount >= versionLine.count, bytes.extracting(first: magic.count).elementsEqual(magic.rawSpan)
        else { throw .notAJournal }
        guard bytes.extracting(first: versionLine.count).elementsEqual(versionLine.rawSpan) else {
            throw .unsupportedVersion
        }
        var reader = WireReader(bytes)
        let header: Header
        do {
            _ = try reader.raw(versionLine.count)
            header = try decodeHeader(try reader.string(limit: JournalLimits.headerLength))
            let length = reader.position
            guard try reader.raw(checkLength).elementsEqual(check(of: bytes.extracting(first: length)).rawSpan) else {
                throw JournalError.damagedHeader
            }
        } catch {
            throw .damagedHeader
        }
        var ranges: [Range<UInt64>] = []
        var length = reader.position
        while let end = addRecord(of: bytes, at: length, below: header.source.size, to: &ranges) { length = end }
        // In their order, each is added at the end, whatever order they arrived in.
        ranges.sort { $0.lowerBound < $1.lowerBound }
        var completed = ByteRangeSet()
        for range in ranges { completed.insert(range) }
        return Contents(header: header, completed: completed, length: length)
    }

    private static func decodeHeader(_ bytes: RawSpan) throws(WireError) -> Header {
        var reader = WireReader(bytes)
        guard let direction = Direction(rawValue: try reader.byte()) else { throw .malformed("direction") }
        let place = try reader.text(limit: JournalLimits.placeLength)
        let path = RawPath(bytes: try reader.bytes(limit: JournalLimits.pathLength))
        let size: UInt64 = try reader.integer()
        let seconds: Int64 = try reader.integer()
        let nanoseconds: UInt32 = try reader.integer()
        let checksum = try reader.bytes(limit: JournalLimits.checksumLength)
        let targetPlace = try reader.text(limit: JournalLimits.placeLength)
        let target = RawPath(bytes: try reader.bytes(limit: JournalLimits.pathLength))
        let temporary = RawPath(bytes: try reader.bytes(limit: JournalLimits.pathLength))
        let pieceLength: UInt32 = try reader.integer()
        try reader.expectEnd()
        return Header(
            direction: direction,
            source: Source(
                place: place, path: path, size: size, modificationSeconds: seconds,
                modificationNanoseconds: nanoseconds, checksum: checksum.isEmpty ? nil : checksum),
            targetPlace: targetPlace, target: target, temporary: temporary, pieceLength: pieceLength)
    }

    /// Adds the ranges of the record at `offset`; returns the offset behind it, or nil when it is not whole.
    private static func addRecord(
        of bytes: RawSpan, at offset: Int, below size: UInt64, to all: inout [Range<UInt64>]
    ) -> Int? {
        var reader = WireReader(bytes.extracting(offset..<bytes.byteCount))
        var ranges: [Range<UInt64>] = []
        do {
            let count = Int(try reader.integer(UInt16.self))
            guard count >= 1, count <= JournalLimits.rangesPerRecord else { return nil }
            for _ in 0..<count {
                let start: UInt64 = try reader.integer()
                let (end, overflows) = start.addingReportingOverflow(try reader.integer())
                guard !overflows, end <= size else { return nil }
                ranges.append(start..<end)
            }
            let body = bytes.extracting(offset..<offset + reader.position)
            guard try reader.raw(checkLength).elementsEqual(check(of: body).rawSpan) else { return nil }
        } catch {
            return nil
        }
        all += ranges
        return offset + reader.position
    }

    private static func check(_ header: Header) throws(JournalError) {
        for (name, place) in [("the source's host", header.source.place), ("the target's host", header.targetPlace)] {
            guard place.utf8.count <= JournalLimits.placeLength else { throw .fieldTooLong(name) }
        }
        let paths = [
            ("the source's path", header.source.path), ("the target's path", header.target),
            ("the temporary path", header.temporary),
        ]
        for (name, path) in paths {
            guard path.bytes.count <= JournalLimits.pathLength else { throw .fieldTooLong(name) }
        }
        guard (header.source.checksum?.count ?? 0) <= JournalLimits.checksumLength else {
            throw .fieldTooLong("the checksum")
        }
    }

    private static func check(of bytes: RawSpan) -> [UInt8] {
        Array(MessageDigest.digest(.sha256, of: bytes).prefix(checkLength))
    }
}
