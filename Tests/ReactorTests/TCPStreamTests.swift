import Bytes
import Glibc
import Reactor
import Synchronization
import Testing

@Suite("A TCP stream")
struct TCPStreamTests {
    let loop = EventLoop()

    static func randomBytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in .random(in: 0...255) }
    }

    @Test("echoes whatever the size of its reads", arguments: [1, 2, 7, 64 << 10])
    func echoing(readSize: Int) async throws {
        var options = StreamOptions()
        options.readSize = readSize...readSize
        let (client, server) = try await connectedPair(on: loop, options: options)
        let recorder = Recorder()
        let message = Self.randomBytes(5000)
        loop.execute {
            server.start(echo())
            client.start(recorder)
            for start in stride(from: 0, to: message.count, by: 100) {
                client.write(ByteBuffer(Array(message[start..<start + 100])))
            }
            client.shutdownOutput()
        }
        await recorder.wait { _, events in events.contains(.ended) }
        let isEqual = recorder.bytes == message
        #expect(isEqual)
        #expect(client.remoteAddress == server.localAddress)
        #expect(client.localAddress == server.remoteAddress)
        await loop.shutdown()
        #expect(recorder.events == [.ended, .closed(.closed)])
    }

    @Test("goes on at another loop, where it is taken once, and closes when nobody takes it")
    func moving() async throws {
        let other = EventLoop()
        let (client, server) = try await connectedPair(on: loop)
        let recorder = Recorder()
        let message = Self.randomBytes(5000)
        loop.execute {
            client.start(recorder)
            client.write(ByteBuffer(message))
            client.shutdownOutput()
            guard let detached = server.detach() else { return client.close() }
            other.execute {
                let stream = detached.attach(to: other)
                #expect(stream?.remoteAddress == client.localAddress && detached.attach(to: other) == nil)
                stream?.start(echo())
            }
        }
        await recorder.wait { _, events in events.contains(.ended) }
        let isEqual = recorder.bytes == message
        #expect(isEqual)

        let (second, dropped) = try await connectedPair(on: loop)
        let witness = Recorder()
        loop.execute {
            second.start(witness)
            _ = dropped.detach()
            #expect(dropped.detach() == nil)
        }
        await witness.wait { _, events in events.contains(.ended) }
        await loop.shutdown()
        await other.shutdown()
    }

    @Test("carries 64 MiB in order, with bounded queues, past a reader that stops time and again")
    func backPressure() async throws {
        let total = 64 << 20
        let chunk = 64 << 10
        // A period that is no multiple of any buffer's size shows lost, repeated and misplaced bytes.
        let pattern = Self.randomBytes(65521)
        let doubled = pattern + pattern + pattern + pattern + pattern + pattern
        let (client, server) = try await connectedPair(on: loop)
        let sent = Mutex(0)
        let largestQueue = Mutex(0)
        let source = ByteBuffer(doubled)
        @Sendable func fill(_ stream: any ByteStream) {
            while stream.pendingWriteCount < 256 << 10 {
                let offset = sent.withLock { $0 }
                guard offset < total else { return stream.shutdownOutput() }
                var piece = source
                piece.consume(offset % pattern.count)
                piece.dropLast(piece.count - chunk)
                stream.write(piece)
                sent.withLock { $0 += chunk }
                largestQueue.withLock { $0 = max($0, stream.pendingWriteCount) }
            }
        }
        let sender = Recorder(onEvent: { stream, event in if event == .drained { fill(stream) } })
        let position = Mutex(0)
        let pauses = Mutex(0)
        let receiver = Recorder(
            onReceive: { stream in
                let count = stream.received.count
                let offset = position.withLock { position in
                    defer { position += count }
                    return position
                }
                let received = stream.received
                let isEqual = unsafe doubled.withUnsafeBytes { expected in
                    unsafe received.bytes.withUnsafeBytes { actual in
                        unsafe memcmp(actual.baseAddress!, expected.baseAddress! + offset % pattern.count, count) == 0
                    }
                }
                #expect(isEqual, "the bytes from \(offset) on differ")
                stream.received.removeAll()
                if offset / (1 << 20) != (offset + count) / (1 << 20) {
                    pauses.withLock { $0 += 1 }
                    stream.isReading = false
                    stream.loop.execute { stream.isReading = true }
                }
            },
            onEvent: { stream, event in if event == .ended { stream.close() } })
        loop.execute {
            server.start(receiver)
            client.start(sender)
            fill(client)
        }
        await receiver.waitForClose()
        await sender.wait { _, events in events.contains(.ended) }
        #expect(position.withLock { $0 } == total)
        #expect(pauses.withLock { $0 } >= 32)
        #expect(largestQueue.withLock { $0 } <= (256 << 10) + chunk)
        #expect(sender.events.contains(.drained))
        await loop.shutdown()
    }

    @Test("half-closes in either direction, the other going on")
    func halfClose() async throws {
        let (client, server) = try await connectedPair(on: loop)
        let atServer = Recorder()
        let atClient = Recorder()
        loop.execute {
            server.start(atServer)
            client.start(atClient)
            client.write(ByteBuffer([1, 2, 3]))
            client.shutdownOutput()
            client.write(ByteBuffer([4]))
        }
        await atServer.wait { _, events in events == [.ended] }
        #expect(atServer.bytes == [1, 2, 3])
        loop.execute {
            server.write(ByteBuffer([5, 6]))
            server.shutdownOutput()
        }
        await atClient.wait { _, events in events == [.ended] }
        #expect(atClient.bytes == [5, 6])
        loop.execute {
            client.close()
            client.close()
            server.close()
        }
        await atClient.waitForClose()
        await atServer.waitForClose()
        #expect(atClient.events == [.ended, .closed(nil)])
        #expect(atServer.events == [.ended, .closed(nil)])
        await loop.shutdown()
    }

    @Test("writes what is queued when it closes")
    func lastWord() async throws {
        let (client, server) = try await connectedPair(on: loop)
        let atServer = Recorder()
        loop.execute {
            server.start(atServer)
            client.start(Recorder())
            client.write(ByteBuffer([1, 2, 3]))
            client.close()
            client.write(ByteBuffer([4]))
        }
        await atServer.wait { _, events in events == [.ended] }
        #expect(atServer.bytes == [1, 2, 3])
        await loop.shutdown()
    }

    @Test("reports a reset as one")
    func reset() async throws {
        let (client, server) = try await connectedPair(on: loop)
        let recorder = Recorder()
        loop.execute {
            client.start(recorder)
            server.reset()
        }
        await recorder.waitForClose()
        #expect(recorder.events == [.closed(.reset)])
        await loop.shutdown()
    }

    @Test("may be closed within each call of its handler")
    func closingInHandler() async throws {
        let (client, server) = try await connectedPair(on: loop)
        let atServer = Recorder(onReceive: { $0.close() })
        let atClient = Recorder(onEvent: { stream, event in if event == .ended { stream.close() } })
        loop.execute {
            server.start(atServer)
            client.start(atClient)
            client.write(ByteBuffer([1]))
        }
        await atServer.waitForClose()
        await atClient.waitForClose()
        #expect(atServer.events == [.closed(nil)])
        #expect(atClient.events == [.ended, .closed(nil)] || atClient.events == [.closed(.reset)])
        await loop.shutdown()
    }

    @Test("may be closed when it has drained")
    func closingOnDrain() async throws {
        let (client, server) = try await connectedPair(on: loop)
        let atClient = Recorder(onEvent: { stream, event in if event == .drained { stream.close() } })
        loop.execute {
            server.start(Recorder())
            client.start(atClient)
            client.write(ByteBuffer([UInt8](repeating: 7, count: 1 << 20)))
        }
        await atClient.waitForClose()
        #expect(atClient.events == [.drained, .closed(nil)])
        await loop.shutdown()
    }

    @Test("tells a handler that comes after the end of the stream")
    func startAfterClose() async throws {
        let (client, server) = try await connectedPair(on: loop)
        let recorder = Recorder()
        loop.execute {
            server.close()
            client.close()
            client.start(recorder)
        }
        await recorder.waitForClose()
        #expect(recorder.events == [.closed(nil)])
        await loop.shutdown()
    }
}
