import Bytes
import Glibc
import Reactor
import Testing

@Suite("A Unix socket")
struct UnixStreamTests {
    let loop = EventLoop()

    private func temporaryPath() -> RawPath {
        RawPath("/tmp/reactor-\(getpid())-\(UInt32.random(in: 0 ... .max))")
    }

    @Test("echoes, and its listener removes it")
    func echoing() async throws {
        let path = temporaryPath()
        let listener = try await UnixListener.bind(path: path, on: loop) { $0.start(echo()) }
        let stream = try await UnixStream.connect(path: path, on: loop)
        let recorder = Recorder()
        loop.execute {
            stream.start(recorder)
            stream.write(ByteBuffer([1, 2, 3]))
            stream.shutdownOutput()
        }
        await recorder.wait { _, events in events == [.ended] }
        #expect(recorder.bytes == [1, 2, 3])
        await loop.run { listener.close() }
        await #expect(throws: ReactorError.self) { try await UnixStream.connect(path: path, on: loop) }
        let status = unsafe access(path.description, F_OK)
        #expect(status != 0)
        await loop.shutdown()
    }

    @Test(
        "says why it cannot be reached",
        arguments: [
            ("/tmp/no-such-folder/socket", ReactorError.Kind.notFound), ("/dev/null", .refused),
            (String(repeating: "x", count: 108), .other),
        ])
    func errors(path: String, kind: ReactorError.Kind) async {
        let error = await #expect(throws: ReactorError.self) {
            try await UnixStream.connect(path: RawPath(path), on: loop)
        }
        #expect(error?.kind == kind)
        #expect(error?.path == RawPath(path))
        await loop.shutdown()
    }
}
