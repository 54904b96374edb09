import Bytes
import SFTP
import Testing
import Transfer

/// What a sink makes of what a source sends, all of whose announcements it accepts but for those it is told to refuse.
struct SinkRun {
    var events: [SCPSink.Event] = []
    var data: [UInt8] = []
    var sent: [UInt8] = []
    var error: SCPError?

    /// Gives the sink `bytes`, `step` at a time, and then the end.
    init(
        _ bytes: [UInt8], _ request: SCPSink.Request = .path, step: Int = .max, depth: Int = 4,
        refusing: Set<String> = []
    ) {
        var sink = SCPSink(request, maximumDepth: depth)
        var buffer = ByteBuffer()
        var rest = bytes[...]
        do throws(SCPError) {
            while true {
                sent += sink.takeOutput().array
                switch try sink.next(buffer.bytes) {
                case .needsMore:
                    guard !rest.isEmpty else {
                        try sink.finish(left: buffer.count)
                        return
                    }
                    buffer.append(Array(rest.prefix(step)))
                    rest = rest.dropFirst(step)
                case .consumed(let count): buffer.consume(count)
                case .event(.data(let count), let consumed):
                    data += [UInt8](buffer.bytes.extracting(first: count))
                    buffer.consume(consumed)
                case .event(let event, let consumed):
                    buffer.consume(consumed)
                    events.append(event)
                    switch event {
                    case .file(let entry), .folder(let entry):
                        if refusing.contains(entry.name.description) { sink.refuse("no") } else { sink.accept() }
                    case .fileEnd: sink.accept()
                    case .data, .folderEnd, .complaint: break
                    }
                }
            }
        } catch {
            self.error = error
            sent += sink.takeOutput().array
        }
    }

    init(_ text: String, _ request: SCPSink.Request = .path, depth: Int = 4) {
        self.init(Array(text.utf8), request, depth: depth)
    }
}

@Suite("The receiving side of SCP")
struct SCPSinkTests {
    private static let tree = Array(
        "T5 0 6 0\nD0755 0 d\nC0600 3 a\nabc\0D0700 0 e\nE\nC0644 0 empty\n\0\u{1}scp: b: no\nE\n".utf8)

    @Test("A tree is told in its order, however its bytes come", arguments: [1, 2, 3, 7, 1000])
    func tree(step: Int) {
        let run = SinkRun(Self.tree, step: step)
        let times = SCPTimes(modificationSeconds: 5, accessSeconds: 6)
        #expect(run.error == nil)
        #expect(
            run.events == [
                .folder(SCPEntry(name: "d", permissions: 0o755, times: times)),
                .file(SCPEntry(name: "a", permissions: 0o600, size: 3)), .fileEnd(complaint: nil),
                .folder(SCPEntry(name: "e", permissions: 0o700)), .folderEnd,
                .file(SCPEntry(name: "empty", permissions: 0o644)), .fileEnd(complaint: nil),
                .complaint("scp: b: no"), .folderEnd,
            ])
        #expect(run.data == Array("abc".utf8))
        // The greeting, times, folder, file and its end, folder and its end, file and its end, folder's end.
        #expect(run.sent == Array(repeating: 0, count: 10))
    }

    @Test("What is cut anywhere is not taken for whole")
    func truncation() {
        for length in 1..<Self.tree.count {
            let run = SinkRun(Array(Self.tree.prefix(length)))
            #expect(run.error != nil, "cut to \(length) bytes")
        }
        #expect(SinkRun([]).error == nil)
    }

    @Test("What is refused is not sent, and the rest goes on")
    func refusal() {
        let run = SinkRun(
            Array("D0755 0 d\nC0600 3 a\nD0700 0 e\nC0644 1 b\nx\0E\n".utf8), refusing: ["a", "e"])
        #expect(run.error == nil)
        #expect(run.data == Array("x".utf8))
        #expect(String(decoding: run.sent, as: UTF8.self) == "\0\0\u{1}scp: no\n\u{1}scp: no\n\0\0\0")
    }

    @Test("A file that the source could not read to its end is told as such")
    func badFile() {
        let run = SinkRun("C0644 2 a\nxx\u{1}scp: a: Input/output \u{1B}[31merror\n")
        #expect(run.error == nil)
        #expect(run.events.last == .fileEnd(complaint: "scp: a: Input/output \\u{1B}[31merror"))
    }

    @Test(
        "What the protocol has no place for ends the run",
        arguments: [
            "E\n", "D0755 0 d\nE\nE\n", "D0755 0 d\nT1 0 1 0\nE\n", "T1 0 1 0\nT1 0 1 0\n", "\n", "\0\n", "Welcome\n",
            "C0644 2 a\nxxx", "C0644 2 a\nxx\u{3}", "C0644 2 a\nxxC0644 0 b\n", "C0644 99999999999999999999 a\n",
            "D0755 0 a\nD0755 0 b\nD0755 0 c\nD0755 0 d\nD0755 0 e\n", String(repeating: "a", count: 4097),
            "\u{1}" + String(repeating: "a", count: 4097), "C0644 0 a\n\u{1}" + String(repeating: "a", count: 4097),
            String(repeating: "\u{1}x\n", count: 1001), "C0644 0 " + String(repeating: "a", count: 5000) + "\n",
        ])
    func violations(text: String) {
        let run = SinkRun(text)
        guard case .violation = run.error else {
            Issue.record("\(String(describing: run.error))")
            return
        }
    }

    @Test("A message of the second kind is the last")
    func fatal() {
        #expect(SinkRun("\u{2}scp: \u{1B}]0;x\u{7}gone\nC0644 0 a\n\0").error == .ended("scp: \\u{1B}]0;x\\u{7}gone"))
        #expect(SinkRun("C0644 1 a\nx\u{2}gone\n").error == .ended("gone"))
    }

    @Test(
        "Names that lead out of their folder end the run",
        arguments: [
            ("..", .reserved("..")), (".", .reserved(".")), ("", .empty), ("a/b", .containsSlash("a/b")),
            ("/etc/passwd", .containsSlash("/etc/passwd")), ("a\0b", .containsNUL("a\\u{0}b")),
            (String(repeating: "a", count: 256), .tooLong(String(repeating: "a", count: 255), length: 256)),
        ] as [(String, NameRefusal)])
    func names(name: String, refusal: NameRefusal) {
        for kind in ["C0644", "D0755"] {
            #expect(SinkRun("D0755 0 d\n\(kind) 0 \(name)\n").error == .unsafeName(refusal))
        }
    }

    @Test("Only one file or folder is taken where one was asked for, whatever its name")
    func oneTop() {
        for name in ["x", "..", "/etc/passwd", ""] {
            #expect(SinkRun("C0644 1 \(name)\nx\0").error == nil)
            #expect(SinkRun("C0644 1 a\nx\0C0644 1 \(name)\nx\0").error == .unexpectedName(name))
            #expect(SinkRun("D0755 0 a\nE\nD0755 0 \(name)\nE\n").error == .unexpectedName(name))
        }
    }

    @Test("Only names that match are taken where a pattern was asked for")
    func pattern() throws {
        let component = try #require(try GlobPattern("dir/*.txt").components.last)
        #expect(SinkRun("C0644 0 a.txt\n\0C0644 0 b.txt\n\0", .pattern(component)).error == nil)
        for name in ["a.sh", ".a.txt", "../a.txt", "dir/a.txt", "..", ""] {
            #expect(SinkRun("C0644 0 \(name)\n\0", .pattern(component)).error == .unexpectedName(name))
        }
        // Below a folder that matches, all names are new.
        #expect(SinkRun("D0755 0 d.txt\nC0644 0 a.sh\n\0E\n", .pattern(component)).error == nil)
    }
}
