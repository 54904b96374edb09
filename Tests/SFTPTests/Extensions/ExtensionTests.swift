import Bytes
import SFTP
import Testing

@Suite("Extensions")
struct ExtensionTests {
    /// What OpenSSH 9.2's sftp-server answered to INIT, recorded.
    static let openSSH = """
        02 00000003 00000018706f7369782d72656e616d65406f70656e7373682e636f6d0000000131
        0000001373746174766673406f70656e7373682e636f6d0000000132000000146673746174766673406f70656e7373682e636f6d
        00000001320000001468617264 6c696e6b406f70656e7373682e636f6d0000000131000000116673796e63406f70656e7373682e636f6d
        0000000131000000146c73657473746174406f70656e7373682e636f6d0000000131000000126c696d697473406f70656e7373682e636f6d
        000000013100000017657870616e642d70617468406f70656e7373682e636f6d000000013100000009636f70792d64617461
        00000001310000000e686f6d652d6469726563746f727900000001310000001e75736572732d67726f7570732d62792d6964406f70656e
        7373682e636f6d0000000131
        """

    @Test("OpenSSH's extensions are all known, in their versions")
    func recordedVersion() throws {
        let body = bytes(Self.openSSH)
        guard case .version(let hello) = try ServerMessage(body.rawSpan) else {
            Issue.record("not a VERSION")
            return
        }
        #expect(hello.version == 3 && hello.extensions.count == 11)
        let extensions = ServerExtensions(hello)
        for item in hello.extensions { #expect(extensions.supports(item.name), "\(item.name)") }
        #expect(!extensions.supports(.checkFileName))
    }

    @Test("An extension in another version is not supported, unless ours is offered too")
    func versions() {
        let other = Hello(extensions: [.init(name: .statvfs, data: Array("1".utf8))])
        #expect(!ServerExtensions(other).supports(.statvfs))
        let both = Hello(
            extensions: [.init(name: .statvfs, data: Array("2".utf8)), .init(name: .statvfs, data: Array("3".utf8))])
        #expect(ServerExtensions(both).supports(.statvfs))
        #expect(!ServerExtensions().supports(.statvfs))
    }

    static let clamps: [(packet: UInt64, limit: UInt64, length: Int)] = [
        (262_144, 261_120, 261_120), (0, 0, 32_768), (0, .max, 261_120), (0, 1, 1), (34_000, 0, 32_768),
        (34_000, 261_120, 32_976), (1024, 261_120, 261_120), (1025, 261_120, 1), (.max, .max, 261_120),
        (2048, 0, 1024),
    ]

    @Test("Limits are held within what we send and what fits into a message", arguments: clamps)
    func limits(packet: UInt64, limit: UInt64, length: Int) {
        let limits = ServerLimits(
            maximumMessageLength: packet, maximumReadLength: limit, maximumWriteLength: limit, maximumOpenHandles: 0)
        #expect(limits.readLength == length)
        #expect(limits.writeLength == length)
    }

    @Test("A server that says nothing gets reads of 32 KiB")
    func unknownLimits() {
        #expect(ServerLimits.unknown.readLength == 32_768)
        #expect(ServerLimits.unknown.writeLength == 32_768)
    }

    @Test("Limits and statistics keep the order of their fields")
    func fields() throws {
        var limits = WireReader(bytes("0000000000000001 0000000000000002 0000000000000003 0000000000000004").rawSpan)
        #expect(
            try limits.serverLimits()
                == ServerLimits(
                    maximumMessageLength: 1, maximumReadLength: 2, maximumWriteLength: 3, maximumOpenHandles: 4))
        var buffer = ByteBuffer()
        for number in 1...11 { buffer.append(UInt64(number)) }
        var reader = WireReader(buffer.bytes)
        let statistics = try reader.fileSystemStatistics()
        #expect(statistics.blockSize == 1 && statistics.fragmentSize == 2 && statistics.blocks == 3)
        #expect(statistics.freeBlocks == 4 && statistics.availableBlocks == 5 && statistics.files == 6)
        #expect(statistics.freeFiles == 7 && statistics.availableFiles == 8 && statistics.identifier == 9)
        #expect(statistics.flags == 10 && statistics.maximumNameLength == 11)
        #expect(statistics.availableBytes == 10 && statistics.totalBytes == 6)
        var again = ByteBuffer()
        again.append(statistics)
        #expect(again == buffer)
        for end in 0..<88 {
            #expect(throws: WireError.truncated) {
                var reader = WireReader(buffer.bytes.extracting(first: end))
                _ = try reader.fileSystemStatistics()
            }
        }
    }

    @Test("Sizes beyond 64 bits saturate")
    func saturation() throws {
        var buffer = ByteBuffer()
        for _ in 1...11 { buffer.append(UInt64.max) }
        var reader = WireReader(buffer.bytes)
        #expect(try reader.fileSystemStatistics().totalBytes == .max)
    }

    @Test("Names of accounts come back in order, with nil for the unknown")
    func accountNames() throws {
        let names = AccountNames(users: ["root", nil, "ann"], groups: ["wheel"])
        var buffer = ByteBuffer()
        buffer.append(names)
        var reader = WireReader(buffer.bytes)
        #expect(try reader.accountNames(userCount: 3, groupCount: 1) == names)
        for (users, groups) in [(2, 1), (4, 1), (3, 0), (3, 2), (0, 0)] {
            #expect(throws: WireError.self) {
                var reader = WireReader(buffer.bytes)
                _ = try reader.accountNames(userCount: users, groupCount: groups)
            }
        }
    }

    @Test("Hashes are read with and without the extension's name before them")
    func hashes() throws {
        let expected = FileHashes(algorithm: "md5", bytes: [1, 2, 3, 4])
        var draft = ByteBuffer()
        draft.append(expected)
        var reader = WireReader(draft.bytes)
        #expect(try reader.fileHashes() == expected)
        var short = WireReader(bytes("00000003 6d6435 01020304").rawSpan)
        #expect(try short.fileHashes() == expected)
    }

    @Test("A list of ids that ends within one is refused")
    func brokenIdentifiers() {
        let body = bytes(
            "c8 00000001 0000001e 75736572732d67726f7570732d62792d6964406f70656e7373682e636f6d 00000003 000000 00000000"
        )
        #expect(throws: WireError.malformed("a list of ids that ends within one")) { try ClientMessage(body.rawSpan) }
    }
}
