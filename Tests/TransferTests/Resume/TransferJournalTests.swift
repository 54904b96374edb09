import Bytes
import Testing
import Transfer

@Suite("The journal of a transfer")
struct TransferJournalTests {
    private static let header = TransferJournal.Header(
        direction: .get,
        source: TransferJournal.Source(
            place: "ada@host.example:22", path: RawPath(bytes: [0x2F, 0xFF, 0x0A]), size: 1 << 20,
            modificationSeconds: -1, modificationNanoseconds: 999_999_999, checksum: Array(repeating: 0xAB, count: 32)),
        targetPlace: "", target: "b", temporary: ".b.part", pieceLength: 32768)

    private static func journal(_ records: [[Range<UInt64>]]) throws -> [UInt8] {
        var journal = try TransferJournal.encode(header)
        for record in records { journal.append(TransferJournal.encode(record: record).bytes) }
        return journal.array
    }

    @Test("The bytes are those of the table")
    func table() throws {
        let header = TransferJournal.Header(
            direction: .put,
            source: TransferJournal.Source(
                place: "", path: "a", size: 5, modificationSeconds: 1, modificationNanoseconds: 2),
            targetPlace: "h", target: "t", temporary: "p", pieceLength: 3)
        let bytes = try TransferJournal.encode(header).array
        let body: [UInt8] =
            [2] + [0, 0, 0, 0] + [0, 0, 0, 1, 0x61] + [0, 0, 0, 0, 0, 0, 0, 5] + [0, 0, 0, 0, 0, 0, 0, 1]
            + [0, 0, 0, 2] + [0, 0, 0, 0] + [0, 0, 0, 1, 0x68] + [0, 0, 0, 1, 0x74] + [0, 0, 0, 1, 0x70] + [0, 0, 0, 3]
        #expect(bytes.prefix(20).elementsEqual(Array("fairlead-transfer 1\n".utf8)))
        #expect(Array(bytes.dropFirst(20).dropLast(8)) == [0, 0, 0, UInt8(body.count)] + body)

        let record = TransferJournal.encode(record: [1..<3]).array
        // The first 8 bytes of the SHA-256 of the 18 before them, by `sha256sum`.
        let check: [UInt8] = [0xEE, 0xF5, 0xB5, 0x4C, 0x6C, 0xC2, 0xA2, 0x5F]
        #expect(record == [0, 1] + [0, 0, 0, 0, 0, 0, 0, 1] + [0, 0, 0, 0, 0, 0, 0, 2] + check)
    }

    @Test("Random headers and ranges come back")
    func roundTrip() throws {
        for _ in 0..<200 {
            func text() -> [UInt8] { (0..<Int.random(in: 0..<40)).map { _ in UInt8.random(in: 1...255) } }
            let header = TransferJournal.Header(
                direction: [.get, .put, .copy].randomElement() ?? .get,
                source: TransferJournal.Source(
                    place: String(decoding: text(), as: UTF8.self), path: RawPath(bytes: text()),
                    size: .random(in: 1000 ... .max), modificationSeconds: .random(in: .min ... .max),
                    modificationNanoseconds: .random(in: 0..<1_000_000_000), checksum: Bool.random() ? [1, 2] : nil),
                targetPlace: "", target: RawPath(bytes: text()), temporary: RawPath(bytes: text()),
                pieceLength: .random(in: 0 ... .max))
            var journal = try TransferJournal.encode(header)
            var expected = ByteRangeSet()
            for _ in 0..<Int.random(in: 0..<4) {
                let record = (0..<Int.random(in: 0..<3000)).map { _ -> Range<UInt64> in
                    let start = UInt64.random(in: 0..<900)
                    return start..<start + .random(in: 0..<100)
                }
                for range in record { expected.insert(range) }
                journal.append(TransferJournal.encode(record: record).bytes)
            }
            let contents = try TransferJournal.decode(journal.bytes)
            #expect(contents.header == header)
            #expect(contents.completed == expected)
            #expect(contents.length == journal.count)
        }
    }

    @Test("A journal that is cut at any byte tells what its whole records tell")
    func truncation() throws {
        let records: [[Range<UInt64>]] = [[0..<10], [10..<20, 40..<50], [20..<30]]
        let lengths = try (0...records.count).map { try Self.journal(Array(records.prefix($0))).count }
        let whole = try Self.journal(records)
        for length in 0...whole.count {
            let cut = Array(whole.prefix(length))
            let count = lengths.lastIndex { $0 <= length }
            guard let count else {
                #expect(throws: JournalError.self) { try TransferJournal.decode(cut.rawSpan) }
                continue
            }
            let contents = try TransferJournal.decode(cut.rawSpan)
            var expected = ByteRangeSet()
            for range in records.prefix(count).joined() { expected.insert(range) }
            #expect(contents.header == Self.header)
            #expect(contents.completed == expected, "cut to \(length) bytes")
            #expect(contents.length == lengths[count])
        }
    }

    @Test("A changed byte never makes bytes count that have not arrived")
    func corruption() throws {
        let records: [[Range<UInt64>]] = [[0..<10], [10..<20, 40..<50], [20..<30]]
        let whole = try Self.journal(records)
        let start = try Self.journal([]).count
        var all = ByteRangeSet()
        for range in records.joined() { all.insert(range) }
        for offset in whole.indices {
            for change in [0x01, 0x80, UInt8.random(in: 1...255)] as [UInt8] {
                var damaged = whole
                damaged[offset] ^= change
                if offset < start {
                    #expect(throws: JournalError.self) { try TransferJournal.decode(damaged.rawSpan) }
                    continue
                }
                let contents = try TransferJournal.decode(damaged.rawSpan)
                let isPart = contents.completed.ranges.allSatisfy { all.contains($0) }
                #expect(isPart && contents.length <= offset)
            }
        }
    }

    @Test("A record that reaches over the end of the source does not count")
    func tooFar() throws {
        let journal = try Self.journal([[0..<10], [1 << 20..<1 << 20 + 1], [10..<20]])
        let contents = try TransferJournal.decode(journal.rawSpan)
        #expect(contents.completed.ranges == [0..<10])
        #expect(try contents.length == Self.journal([[0..<10]]).count)
    }

    @Test("Other files and versions are told apart from damage")
    func others() throws {
        func error(_ bytes: [UInt8]) -> JournalError? {
            do throws(JournalError) {
                _ = try TransferJournal.decode(bytes.rawSpan)
                return nil
            } catch { return error }
        }
        #expect(error([]) == .notAJournal)
        #expect(error(Array("#!/bin/sh\n# something else entirely".utf8)) == .notAJournal)
        #expect(error(Array("fairlead-transfer 2\nand more".utf8)) == .unsupportedVersion)
        #expect(error(Array("fairlead-transfer 1\n".utf8)) == .damagedHeader)
        #expect(error(Array("fairlead-transfer 1\n".utf8) + [0xFF, 0xFF, 0xFF, 0xFF]) == .damagedHeader)
        let large = Array(repeating: 0 as UInt8, count: JournalLimits.journalLength + 1)
        #expect(error(large) == .tooLong(large.count, limit: JournalLimits.journalLength))
    }

    @Test("Ranges in falling order, half a million of them, are read in their number's time", .timeLimit(.minutes(1)))
    func fallingOrder() throws {
        var header = Self.header
        header.source.size = 10_000_000
        var journal = try TransferJournal.encode(header)
        let ranges = stride(from: 1_000_000, to: 0, by: -2).map { UInt64($0)..<UInt64($0) + 1 }
        journal.append(TransferJournal.encode(record: ranges).bytes)
        #expect(try TransferJournal.decode(journal.bytes).completed.count == 500_000)
    }

    @Test("What is too long is refused before it is written")
    func tooLong() {
        var header = Self.header
        header.target = RawPath(bytes: Array(repeating: 0x61, count: JournalLimits.pathLength + 1))
        #expect(throws: JournalError.fieldTooLong("the target's path")) { try TransferJournal.encode(header) }
        header = Self.header
        header.source.place = String(repeating: "a", count: JournalLimits.placeLength + 1)
        #expect(throws: JournalError.fieldTooLong("the source's host")) { try TransferJournal.encode(header) }
    }
}
