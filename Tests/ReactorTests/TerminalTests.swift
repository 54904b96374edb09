import Bytes
import Glibc
import Reactor
import Testing

@testable import Reactor

@Suite("A pseudo-terminal")
struct TerminalTests {
    let loop = EventLoop()

    private func open(
        _ script: String, environment: [String: String]? = nil, _ handler: Recorder
    ) async throws -> PseudoTerminal {
        try await loop.run {
            Result { () throws(ReactorError) in
                var command = Command("/bin/sh", arguments: ["-c", RawPath(script)])
                command.environment = environment
                let terminal = try PseudoTerminal(command, size: TerminalSize(columns: 81, rows: 25), on: loop)
                terminal.start(handler)
                return terminal
            }
        }.get()
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("controls the session of its program, knows its size and ends with it")
    func session() async throws {
        let recorder = Recorder()
        let terminal = try await open(
            "stty size; ps -o tpgid= -p $$ | tr -d ' '; echo $$; tty; grep SigBlk /proc/self/status; exit 3",
            environment: ["PATH": "/usr/bin:/bin"], recorder)
        await recorder.wait { _, events in events == [.ended] }
        let lines = Self.text(recorder.bytes).split(separator: "\r\n")
        #expect(lines.count == 5)
        #expect(lines.first == "25 81")
        #expect(lines.dropFirst().first == lines.dropFirst(2).first)
        #expect(lines.dropFirst(3).first?.hasPrefix("/dev/pts/") == true)
        #expect(lines.last == "SigBlk:\t0000000000000000")
        #expect(await terminal.child.exitStatus() == .exited(3))
        await loop.shutdown()
    }

    @Test("tells its program a new size, and turns control characters into signals")
    func resizing() async throws {
        let recorder = Recorder()
        let terminal = try await open(
            "trap 'stty size' WINCH; trap 'echo bye; exit 0' INT; echo ready; while :; do sleep 0.05; done", recorder)
        await recorder.wait { bytes, _ in Self.text(bytes).contains("ready") }
        let resized = await loop.run {
            Result { () throws(ReactorError) in try terminal.resize(TerminalSize(columns: 100, rows: 40)) }
        }
        #expect(resized.isSuccess)
        await recorder.wait { bytes, _ in Self.text(bytes).contains("40 100") }
        loop.execute { terminal.write(ByteBuffer([3])) }
        await recorder.wait { bytes, _ in Self.text(bytes).contains("bye") }
        #expect(await terminal.child.exitStatus() == .exited(0))
        await loop.shutdown()
    }

    @Test("can be set raw and without echo, and is restored")
    func modes() async throws {
        var master: Int32 = -1
        var slave: Int32 = -1
        try #require(unsafe openpty(&master, &slave, nil, nil, nil) == 0)
        defer {
            close(master)
            close(slave)
        }
        func flags() -> tcflag_t {
            var settings = termios()
            _ = unsafe tcgetattr(slave, &settings)
            return settings.c_lflag
        }
        let before = flags()
        #expect(before & tcflag_t(ECHO) != 0)
        #expect(Terminal.isTerminal(slave))
        #expect(Terminal.size(slave) == nil)
        try Terminal.setMode(.withoutEcho, slave)
        #expect(flags() & tcflag_t(ECHO | ICANON | ISIG) == tcflag_t(ICANON | ISIG))
        try Terminal.setMode(.raw, slave)
        #expect(flags() & tcflag_t(ECHO | ICANON | ISIG) == 0)
        Terminal.restore(slave)
        #expect(flags() == before)
        #expect(throws: ReactorError.self) { try Terminal.setMode(.raw, -1) }
        await loop.shutdown()
    }

    @Test("is read and written as a stream by its descriptor")
    func stream() async throws {
        var master: Int32 = -1
        var slave: Int32 = -1
        try #require(unsafe openpty(&master, &slave, nil, nil, nil) == 0)
        defer {
            close(master)
            close(slave)
        }
        let descriptor = slave
        let recorder = Recorder()
        let stream = try await loop.run {
            Result { () throws(ReactorError) in
                let stream = try StandardStreams.stream(descriptor, on: loop, options: StreamOptions())
                stream.start(recorder)
                return stream
            }
        }.get()
        _ = unsafe write(master, "typed\n", 6)
        await recorder.wait { bytes, _ in bytes.count >= 6 }
        #expect(Self.text(recorder.bytes) == "typed\n")
        loop.execute { stream.write(ByteBuffer(Array("shown\n".utf8))) }
        var text = ""
        while !text.hasSuffix("shown\r\n") {
            var bytes = [UInt8](repeating: 0, count: 64)
            let count = unsafe read(master, &bytes, bytes.count)
            try #require(count > 0)
            text += Self.text(Array(bytes[..<count]))
        }
        #expect(text == "typed\r\nshown\r\n")
        await loop.shutdown()
    }
}
