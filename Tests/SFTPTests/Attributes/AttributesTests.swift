import Bytes
import SFTP
import Testing

@Suite("Attributes")
struct AttributesTests {
    static let modes: [(UInt32, String)] = [
        (0o100644, "-rw-r--r--"), (0o040755, "drwxr-xr-x"), (0o120777, "lrwxrwxrwx"), (0o060660, "brw-rw----"),
        (0o020620, "crw--w----"), (0o010600, "prw-------"), (0o140700, "srwx------"), (0o000000, "?---------"),
        (0o104755, "-rwsr-xr-x"), (0o104644, "-rwSr--r--"), (0o102755, "-rwxr-sr-x"), (0o102644, "-rw-r-Sr--"),
        (0o041777, "drwxrwxrwt"), (0o041776, "drwxrwxrwT"), (0o107777, "-rwsrwsrwt"),
    ]

    @Test("A mode is rendered as in a long listing", arguments: modes)
    func rendering(mode: UInt32, text: String) {
        #expect(FileMode(rawValue: mode).description == text)
    }

    @Test("Every kind has bits and a letter of its own", arguments: FileKind.allCases)
    func kinds(kind: FileKind) {
        #expect(FileMode(kind, permissions: 0o4640).kind == kind)
        #expect(FileMode(kind, permissions: 0o4640).permissions == 0o4640)
        #expect(FileKind.allCases.filter { $0.letter == kind.letter } == [kind])
    }

    @Test("Bits that mean no kind are no kind")
    func unknownKind() {
        #expect(FileMode(rawValue: 0o644).kind == nil)
        #expect(FileMode(rawValue: 0o150644).kind == nil)
        #expect(FileMode(rawValue: 0o106755).withoutSpecialBits == FileMode(rawValue: 0o100755))
    }

    @Test("Any set of attributes survives a round trip")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<500 {
            var attributes = Attributes()
            if Bool.random(using: &generator) { attributes.size = .random(in: 0 ... .max, using: &generator) }
            if Bool.random(using: &generator) {
                attributes.owner = .init(
                    userID: .random(in: 0 ... .max, using: &generator),
                    groupID: .random(in: 0 ... .max, using: &generator))
            }
            if Bool.random(using: &generator) {
                attributes.mode = FileMode(rawValue: .random(in: 0 ... .max, using: &generator))
            }
            if Bool.random(using: &generator) {
                attributes.times = .init(
                    access: .random(in: 0 ... .max, using: &generator),
                    modification: .random(in: 0 ... .max, using: &generator))
            }
            for index in 0..<Int.random(in: 0...3, using: &generator) {
                attributes.extended.append(
                    .init(type: Array("\(index)@x".utf8), data: Array(repeating: UInt8(index), count: index * 7)))
            }
            var buffer = ByteBuffer()
            buffer.append(attributes)
            var reader = WireReader(buffer.bytes)
            #expect(try reader.attributes() == attributes)
            try reader.expectEnd()
        }
    }

    @Test("A kind is read from the long name only when there are no permissions")
    func kindOfEntry() {
        #expect(DirectoryEntry(name: "a", longName: Array("drwx".utf8)).kind == .directory)
        #expect(DirectoryEntry(name: "a", longName: Array("??".utf8)).kind == nil)
        #expect(DirectoryEntry(name: "a").kind == nil)
        let file = Attributes(mode: FileMode(rawValue: 0o100600))
        #expect(DirectoryEntry(name: "a", longName: Array("drwx".utf8), attributes: file).kind == .regular)
    }

    static let refused: [(RawPath, NameRefusal)] = [
        ("", .empty), ("/", .containsSlash("/")), ("../x", .containsSlash("../x")), ("a/b", .containsSlash("a/b")),
        ("/etc/passwd", .containsSlash("/etc/passwd")), ("..", .reserved("..")), (".", .reserved(".")),
        (RawPath(bytes: [0x61, 0]), .containsNUL("a\\u{0}")),
        (RawPath(bytes: [0x1B, 0x5B, 0x2F]), .containsSlash("\\u{1B}[/")),
        (
            RawPath(bytes: Array(repeating: 0x61, count: 256)),
            .tooLong(String(repeating: "a", count: 255), length: 256)
        ),
    ]

    @Test("A name that would leave its directory is refused, visibly", arguments: refused)
    func refusedNames(name: RawPath, refusal: NameRefusal) {
        #expect(throws: refusal) { try NameValidator.validate(name) }
        #expect(!name.isSafeName)
    }

    @Test(
        "Ordinary and odd but harmless names are taken",
        arguments: ["a", "...", "..a", "a b\n", "-rf", "~", "é", "\u{1B}[2J"])
    func harmlessNames(name: String) throws {
        try NameValidator.validate(RawPath(name))
        try NameValidator.validate(RawPath(bytes: [0xFF, 0xFE]))
        try NameValidator.validate(RawPath(bytes: Array(repeating: 0x61, count: 255)))
    }

    @Test("The two names of every directory are skipped, and no others")
    func skipped() {
        #expect(NameValidator.isSkipped(".") && NameValidator.isSkipped(".."))
        #expect(!NameValidator.isSkipped("...") && !NameValidator.isSkipped(""))
    }
}
