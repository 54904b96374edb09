import Bytes
import Glibc
import Reactor
import Synchronization
import Testing

@Suite("Signals, datagrams and descriptors")
struct SmallerTests {
    @Test("a signal reaches every loop that watches it, until it is cancelled")
    func signals() async throws {
        let loops = [EventLoop(), EventLoop()]
        for loop in loops {
            let source = Mutex<SignalSource?>(nil)
            await withCheckedContinuation { continuation in
                loop.execute {
                    let watching = try? SignalSource(signal: SIGUSR1, on: loop) {
                        source.withLock { $0.take() }?.cancel()
                        continuation.resume()
                    }
                    source.withLock { $0 = watching }
                    #expect(watching != nil)
                    kill(getpid(), SIGUSR1)
                }
            }
        }
        let error = await loops[0].run {
            Result { () throws(ReactorError) in try SignalSource(signal: SIGKILL, on: loops[0]) {} }
        }
        #expect(!error.isSuccess)
        for loop in loops { await loop.shutdown() }
    }

    @Test("datagrams arrive with their sender")
    func datagrams() async throws {
        let loop = EventLoop()
        let (received, continuation) = AsyncStream.makeStream(of: ([UInt8], SocketAddress).self)
        let any = try #require(SocketAddress(host: "127.0.0.1", port: 0))
        let receiver = try await loop.run {
            Result { () throws(ReactorError) in
                try UDPSocket(address: any, on: loop) { continuation.yield(($0.array, $1)) }
            }
        }.get()
        let sender = try await loop.run {
            Result { () throws(ReactorError) in
                let sender = try UDPSocket(address: any, on: loop) { _, _ in }
                try sender.send(ByteBuffer([1, 2, 3]), to: receiver.localAddress)
                return sender
            }
        }.get()
        for await (bytes, address) in received {
            #expect(bytes == [1, 2, 3])
            #expect(address == sender.localAddress)
            break
        }
        await loop.shutdown()
    }

    @Test("nothing leaves a descriptor open")
    func descriptors() async {
        await #expect(processExitsWith: .success) {
            func count(_ loop: EventLoop) async throws -> Int {
                try await FileSystem(on: loop).scandir("/proc/self/fd").count
            }
            let loop = EventLoop()
            // The first round leaves what the process keeps: the pool's and the signals' descriptors.
            var counts: [Int] = []
            for _ in 0..<3 {
                let inner = EventLoop()
                for _ in 0..<5 {
                    let (client, server) = try await connectedPair(on: inner)
                    let recorder = Recorder()
                    await inner.run {
                        server.start(echo())
                        client.start(recorder)
                        client.write(ByteBuffer([1]))
                    }
                    await recorder.wait { bytes, _ in bytes == [1] }
                    await inner.run { client.close() }
                    await recorder.waitForClose()
                    _ = try? await TCPStream.connect(host: "127.0.0.1", port: 1, on: inner)
                    _ = try await File.open("/dev/null", [.read], on: inner)
                    let child = await inner.run {
                        var command = Command("cat")
                        command.input = .duplex
                        command.output = .duplex
                        let child = try? ChildProcess.spawn(command, on: inner)
                        child?.input?.close()
                        var missing = Command("no-such-program")
                        missing.input = .pipe
                        missing.output = .duplex
                        _ = try? ChildProcess.spawn(missing, on: inner)
                        return child
                    }
                    _ = await child?.exitStatus()
                    let terminal = await inner.run {
                        let terminal = try? PseudoTerminal(
                            Command("/bin/true"), size: TerminalSize(columns: 80, rows: 24), on: inner)
                        terminal?.close()
                        return terminal
                    }
                    _ = await terminal?.child.exitStatus()
                }
                await inner.shutdown()
                counts.append(try await count(loop))
            }
            precondition(counts[1] == counts[0] && counts[2] == counts[0], "descriptors: \(counts)")
        }
    }
}
