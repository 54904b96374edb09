import Bytes
import Glibc
import Reactor
import Testing

@testable import Reactor

@Suite("A stream at a descriptor")
struct StandardStreamsTests {
    let loop = EventLoop()

    private func stream(_ descriptor: Int32, _ handler: Recorder) async throws -> any ByteStream {
        try await loop.run {
            Result { () throws(ReactorError) in
                var options = StreamOptions()
                options.readSize = 1000...1000
                let stream = try StandardStreams.stream(descriptor, on: loop, options: options)
                stream.start(handler)
                return stream
            }
        }.get()
    }

    @Test("reads a file from its position to its end, and appends in order")
    func file() async throws {
        try await withTemporaryFolder(on: loop) { files, folder in
            let path = folder.appending("data").description
            let content = TCPStreamTests.randomBytes(100_000)
            let output = unsafe Glibc.open(path, O_CREAT | O_WRONLY | O_APPEND, 0o600)
            let writer = Recorder(onEvent: { stream, event in if event == .drained { stream.close() } })
            let writing = try await stream(output, writer)
            loop.execute {
                for start in stride(from: 0, to: content.count, by: 100) {
                    writing.write(ByteBuffer(Array(content[start..<start + 100])))
                }
                writing.close()
            }
            await writer.waitForClose()
            close(output)
            let input = unsafe Glibc.open(path, O_RDONLY)
            lseek(input, 500, SEEK_SET)
            let reader = Recorder()
            let reading = try await stream(input, reader)
            await reader.wait { _, events in events == [.ended] }
            let isEqual = reader.bytes == Array(content[500...])
            #expect(isEqual)
            loop.execute { reading.close() }
            await reader.waitForClose()
            #expect(reader.events == [.ended, .closed(nil)])
            close(input)
        }
        await loop.shutdown()
    }

    @Test("pauses and goes on reading a file")
    func pausing() async throws {
        let input = unsafe Glibc.open("/dev/zero", O_RDONLY)
        let recorder = Recorder(onReceive: { stream in
            if stream.received.count >= 10_000 { return stream.close() }
            stream.isReading = false
            stream.loop.execute { stream.isReading = true }
        })
        let reading = try await stream(input, recorder)
        await recorder.waitForClose()
        #expect(await loop.run { reading.received.count } == 10_000)
        close(input)
        await loop.shutdown()
    }

    @Test("ends with the loop although the device is endless")
    func endless() async throws {
        let input = unsafe Glibc.open("/dev/zero", O_RDONLY)
        let recorder = Recorder(onReceive: { $0.received.removeAll() })
        _ = try await stream(input, recorder)
        await loop.shutdown()
        #expect(recorder.events == [.closed(.closed)])
        close(input)
    }

    @Test("reads and writes pipes")
    func pipe() async throws {
        var ends: [Int32] = [-1, -1]
        try #require(unsafe Glibc.pipe(&ends) == 0)
        let reader = Recorder()
        let writer = Recorder()
        _ = try await stream(ends[0], reader)
        let writing = try await stream(ends[1], writer)
        loop.execute {
            writing.write(ByteBuffer([1, 2, 3]))
            writing.close()
        }
        await reader.wait { _, events in events == [.ended] }
        #expect(reader.bytes == [1, 2, 3])
        await loop.shutdown()
    }

    @Test("restored, a standard stream blocks again; another descriptor is left alone")
    func restoring() async {
        await #expect(processExitsWith: .success) {
            func isBlocking(_ descriptor: Int32) -> Bool { fcntl(descriptor, F_GETFL) & O_NONBLOCK == 0 }
            var ends: [Int32] = [-1, -1]
            precondition(unsafe Glibc.pipe(&ends) == 0)
            precondition(dup2(ends[0], 0) == 0)
            let other = ends[1]
            let loop = EventLoop()
            let reader = Recorder()
            let writer = Recorder()
            await loop.run {
                let input = try? StandardStreams.input(on: loop)
                input?.start(reader)
                let output = try? StandardStreams.stream(other, on: loop, options: StreamOptions())
                output?.start(writer)
                output?.write(ByteBuffer([1, 2, 3]))
            }
            await reader.wait { bytes, _ in bytes == [1, 2, 3] }
            precondition(!isBlocking(0) && !isBlocking(other))
            StandardStreams.restore()
            precondition(isBlocking(0) && !isBlocking(other))
            await loop.shutdown()
        }
    }

    @Test("for output alone leaves what is typed to others")
    func outputOnly() async throws {
        var ends: [Int32] = [-1, -1]
        try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let descriptor = ends[0]
        let writer = Recorder()
        await loop.run {
            let stream = try? StandardStreams.stream(
                descriptor, on: loop, options: StreamOptions(), direction: .output)
            stream?.start(writer)
            #expect(stream?.isReading == false)
            stream?.write(ByteBuffer([1, 2]))
            stream?.shutdownOutput()
        }
        let reader = Recorder()
        let reading = try await stream(ends[1], reader)
        await reader.wait { _, events in events == [.ended] }
        loop.execute { reading.write(ByteBuffer([3])) }
        await loop.shutdown()
        #expect(reader.bytes == [1, 2])
        #expect(writer.bytes == [])
    }

    @Test("says that a descriptor is not open")
    func closed() async {
        let error = await #expect(throws: ReactorError.self) { try await stream(4000, Recorder()) }
        #expect(error?.kind == .closed)
        await loop.shutdown()
    }
}
