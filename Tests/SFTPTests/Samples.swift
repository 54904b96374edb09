import Bytes
import SFTP

/// Messages of every kind, and the helpers that the tests of codecs and machines share.
enum Samples {
    static let handle = Handle([0, 0, 0, 7])!
    static let path: RawPath = "/home/ann/brief.txt"
    static let odd = RawPath(bytes: [0x2F, 0xFF, 0x0A, 0x1B, 0x80])
    static let full = Attributes(
        size: 0x1_2345_6789, owner: .init(userID: 1000, groupID: 100), mode: FileMode(rawValue: 0o100644),
        times: .init(access: 1, modification: 0xFFFF_FFFF),
        extended: [.init(type: Array("a@b.c".utf8), data: [1, 2, 3]), .init(type: [], data: [])])
    static let check = FileCheck(algorithms: ["sha256", "md5"], offset: 5, length: 1 << 40, blockSize: 256)
    static let copy = DataCopy(from: handle, offset: 3, length: 9, to: Handle([])!, offset: 1 << 33)
    static let payload = ByteBuffer([UInt8](0...255))

    static let extended: [ExtendedRequest] = [
        .posixRename(from: path, to: odd), .statvfs(path), .fstatvfs(handle), .hardlink(existing: path, link: odd),
        .fsync(handle), .lsetstat(path, full), .limits, .expandPath("~"), .copyData(copy),
        .homeDirectory(user: Array("ann".utf8)), .usersGroupsByID(users: [0, 1000, .max], groups: [100]),
        .checkFileHandle(handle, check), .checkFileName(path, check),
        .other(ExtensionName(rawValue: "vendor@example.com"), [1, 2, 3]),
    ]

    static let requests: [Request] =
        [
            .open(path, [.read, .write, .create, .exclusive], full), .close(handle),
            .read(handle, offset: 1 << 40, length: 32_768), .write(handle, offset: 9, data: payload), .lstat(path),
            .fstat(handle), .setstat(odd, full), .fsetstat(handle, Attributes(size: 0)), .opendir("/"),
            .readdir(handle), .remove(path), .mkdir(path, Attributes(mode: FileMode(rawValue: 0o755))), .rmdir(path),
            .realpath("."), .stat(path), .rename(from: path, to: odd), .readlink(path),
            .symlink(target: "where/it/goes", link: path),
        ] + extended.map { .extended($0) }

    static let entries = [
        DirectoryEntry(name: ".", longName: Array("drwxr-xr-x    2 ann ann".utf8), attributes: full),
        DirectoryEntry(name: odd), DirectoryEntry(name: ""),
    ]

    static let replies: [Reply] = [
        .status(Status(.noSuchFile, message: "No such file", languageTag: "en")), .status(Status(.other(77))),
        .handle(handle), .data(payload), .data(ByteBuffer()), .name(entries), .name([]), .attributes(full),
        .attributes(Attributes()), .extended([]), .extended([1, 2, 3, 4]),
    ]

    static let hello = Hello(
        extensions: [
            .init(name: .posixRename, data: Array("1".utf8)), .init(name: .statvfs, data: Array("2".utf8)),
            .init(name: .limits, data: Array("1".utf8)),
            .init(name: ExtensionName(rawValue: "vendor-id"), data: [0, 9]),
        ])

    static let clientMessages: [ClientMessage] =
        [.initialize(hello)]
        + requests.enumerated().map { .request(RequestID(rawValue: UInt32($0.offset) &* 0x0101_0101), $0.element) }

    static let serverMessages: [ServerMessage] =
        [.version(hello)]
        + replies.enumerated().map { .reply(RequestID(rawValue: UInt32($0.offset) &* 0x0101_0101), $0.element) }
}

extension ClientMessage {
    /// The whole message, with its length field.
    var encoded: [UInt8] {
        var buffer = ByteBuffer()
        buffer.append(self)
        return [UInt8](buffer.bytes)
    }
}

extension ServerMessage {
    /// The whole message, with its length field.
    var encoded: [UInt8] {
        var buffer = ByteBuffer()
        buffer.append(self)
        return [UInt8](buffer.bytes)
    }
}

/// A generator that gives the same numbers in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// The bytes of hexadecimal digits, spaces ignored.
func bytes(_ digits: String) -> [UInt8] {
    Hexadecimal.decode(digits.filter { $0 != " " && $0 != "\n" })!
}
