import Bytes
import Reactor
import SFTP
import Testing

@Suite("File transfer client", .timeLimit(.minutes(1)))
struct FileTransferClientTests {
    let carrier = ScriptedCarrier()
    let client: FileTransferClient

    init() async throws {
        client = FileTransferClient(carrier: carrier, loop: EventLoopGroup.shared.next(), maximumInFlight: 64)
        await client.start()
        try await carrier.expectInitialize()
    }

    /// Lets the server announce `extensions` in the versions that we speak.
    private func announce(_ extensions: ExtensionName...) async {
        let items = extensions.map { Hello.Extension(name: $0, data: Array(($0.spokenVersion ?? "").utf8)) }
        await client.deliver(.version(Hello(extensions: items)))
    }

    private func reply(_ id: RequestID, _ reply: Reply) async {
        await client.deliver(.reply(id, reply))
    }

    @Test("A request may be sent before VERSION is there, and is answered behind it")
    func earlyRequest() async throws {
        let attributes = Task { [client] in try await client.attributes(at: "a") }
        let (id, request) = try await carrier.nextRequest()
        #expect(request == .stat("a"))
        await client.deliver(.version(Hello()), .reply(id, .attributes(Samples.full)))
        #expect(try await attributes.value == Samples.full)
        #expect(carrier.acknowledged == 9 + ServerMessage.reply(id, .attributes(Samples.full)).encoded.count)
    }

    @Test("A failure names the operation, the path and the server's words, made visible")
    func failure() async throws {
        await announce()
        let attributes = Task { [client] in try await client.attributes(at: "a\u{1B}b") }
        let (id, _) = try await carrier.nextRequest()
        await reply(id, .status(Status(.permissionDenied, message: "no\u{1B}[2J way")))
        let expected = RequestError.status(
            .permissionDenied, message: "no\\u{1B}[2J way", operation: .request(.stat), path: "a\u{1B}b")
        await #expect(throws: expected) { try await attributes.value }
        #expect(expected.description == "stat of a\\u{1B}b: no\\u{1B}[2J way")
    }

    @Test("An extension's call waits for VERSION, and is refused when the server lacks it")
    func missingExtension() async throws {
        let failure = Task { [client] in try await client.replace("b", with: "a") }
        await announce(.statvfs)
        await #expect(throws: RequestError.unsupported(.posixRename)) { try await failure.value }
        #expect(carrier.isDrained)
    }

    @Test("The server's limits are asked for without being asked")
    func limits() async throws {
        #expect(await client.limits == .unknown)
        await announce(.limits)
        let (id, request) = try await carrier.nextRequest()
        #expect(request == .extended(.limits))
        var data = ByteBuffer()
        let limits = ServerLimits(
            maximumMessageLength: 262_144, maximumReadLength: 261_120, maximumWriteLength: 100, maximumOpenHandles: 9)
        data.append(limits)
        await reply(id, .extended([UInt8](data.bytes)))
        #expect(await client.limits == limits)
    }

    @Test("check-file is tried though nobody announced it, and an unknown one is unsupported")
    func unannounced() async throws {
        await announce()
        let hashes = Task { [client] in try await client.hashes(at: "a", FileCheck(algorithms: ["md5"])) }
        let (id, request) = try await carrier.nextRequest()
        #expect(request == .extended(.checkFileName("a", FileCheck(algorithms: ["md5"]))))
        await reply(id, .status(Status(.operationUnsupported)))
        await #expect(throws: RequestError.unsupported(.checkFileName)) { try await hashes.value }
    }

    @Test("A cancelled call returns at once, and its late reply is dropped")
    func cancelledCall() async throws {
        await announce()
        let task = Task { [client] in try await client.read(Samples.handle, offset: 0, length: 256) }
        let (id, _) = try await carrier.nextRequest()
        task.cancel()
        await #expect(throws: RequestError.cancelled) { try await task.value }
        #expect(await client.inFlightCount == 1)
        await reply(id, .data(Samples.payload))
        #expect(await client.inFlightCount == 0)
        let attributes = Task { [client] in try await client.attributes(at: "a") }
        let (next, _) = try await carrier.nextRequest()
        await reply(next, .attributes(Samples.full))
        #expect(try await attributes.value == Samples.full)
    }

    @Test("The handle of a cancelled open is closed when it comes", arguments: [false, true])
    func cancelledOpen(isDirectory: Bool) async throws {
        await announce()
        let task = Task { [client] in
            isDirectory ? try await client.openDirectory("a") : try await client.open("a", .read)
        }
        let (id, _) = try await carrier.nextRequest()
        task.cancel()
        await #expect(throws: RequestError.cancelled) { try await task.value }
        await reply(id, .handle(Samples.handle))
        let (close, request) = try await carrier.nextRequest()
        #expect(request == .close(Samples.handle))
        await reply(close, .status(Status(.ok)))
        #expect(await client.inFlightCount == 0)
    }

    @Test("A task that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        await announce()
        let task = Task { [client] in
            // Cancels the task that runs it, which lives until it returns.
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            return try await client.attributes(at: "a")
        }
        await #expect(throws: RequestError.cancelled) { try await task.value }
        #expect(await client.inFlightCount == 0)
        #expect(carrier.isDrained)
    }

    @Test("When the carrier closes, everything in flight and everything later fails for that reason")
    func lostCarrier() async throws {
        let version = Task { [client] in try await client.ready() }
        let attributes = Task { [client] in try await client.attributes(at: "a") }
        let data = Task { [client] in try await client.read(Samples.handle, offset: 0, length: 1) }
        let write = Task { [client] in try await client.write(Samples.handle, offset: 0, ByteBuffer([1])) }
        for _ in 0..<3 { _ = try await carrier.nextRequest() }
        // Ready may or may not be waiting yet; either way it learns of the end.
        await client.loseCarrier("broken\u{7}pipe")
        let expected = RequestError.connectionLost("broken\\u{7}pipe")
        await #expect(throws: expected) { try await version.value }
        await #expect(throws: expected) { try await attributes.value }
        await #expect(throws: expected) { try await data.value }
        await #expect(throws: expected) { try await write.value }
        await #expect(throws: expected) { try await client.attributes(at: "b") }
        await #expect(throws: expected) { try await client.ready() }
        await client.loseCarrier("again")
        await client.close()
        #expect(carrier.closeCount == 1)
    }

    @Test("A violation closes the carrier, after what came before it was handed on")
    func violation() async throws {
        await announce()
        let first = Task { [client] in try await client.attributes(at: "a") }
        let (id, _) = try await carrier.nextRequest()
        let second = Task { [client] in try await client.attributes(at: "b") }
        _ = try await carrier.nextRequest()
        let stray = RequestID(rawValue: 99)
        await client.deliver(.reply(id, .attributes(Samples.full)), .reply(stray, .attributes(Samples.full)))
        #expect(try await first.value == Samples.full)
        await #expect(throws: RequestError.protocolViolation(.unknownRequestID(99))) { try await second.value }
        #expect(carrier.closeCount == 1)
        await client.deliver(.reply(id, .attributes(Samples.full)))
    }

    @Test("Closing fails what is in flight, and what follows")
    func close() async throws {
        await announce()
        let attributes = Task { [client] in try await client.attributes(at: "a") }
        _ = try await carrier.nextRequest()
        await client.close()
        await #expect(throws: RequestError.closed) { try await attributes.value }
        await #expect(throws: RequestError.closed) { try await client.attributes(at: "a") }
    }

    @Test("More requests than allowed are refused, without harm to the others")
    func tooMany() async throws {
        await announce()
        let refusals = Tally()
        await client.onLoop { client in
            for _ in 0..<70 {
                client.send(.stat("a")) { result in
                    if result == .failure(.refused(.tooManyInFlight(limit: 64))) { refusals.add() }
                }
            }
        }
        #expect(refusals.count == 6)
        #expect(await client.inFlightCount == 64)
    }

    @Test("Completions make new requests, which leave together")
    func chain() async throws {
        await announce()
        let results = Tally()
        await client.onLoop { client in
            for index in 0..<4 {
                client.read(Samples.handle, offset: UInt64(index), length: 256) { result in
                    results.add((try? result.get().count) ?? -1)
                    client.read(Samples.handle, offset: 100, length: 1) { _ in }
                }
            }
        }
        var ids: [RequestID] = []
        for _ in 0..<4 { ids.append(try await carrier.nextRequest().0) }
        let before = carrier.writeCount
        await client.deliver(
            .reply(ids[3], .data(Samples.payload)), .reply(ids[0], .data(ByteBuffer([1]))),
            .reply(ids[1], .status(Status(.endOfFile))), .reply(ids[2], .status(Status(.failure))))
        #expect(results.values == [256, 1, 0, -1])
        #expect(carrier.writeCount == before + 1)
        for _ in 0..<4 { #expect(try await carrier.nextRequest().1 == .read(Samples.handle, offset: 100, length: 1)) }
    }

    @Test("A batch leaves in one write, and payloads keep their place", arguments: [10, 100_000])
    func writes(length: Int) async throws {
        await announce()
        let payload = ByteBuffer([UInt8](repeating: 7, count: length))
        let before = carrier.writeCount
        await client.onLoop { client in
            client.batch {
                client.send(.stat("a")) { _ in }
                client.write(Samples.handle, offset: 5, payload) { _ in }
                client.send(.stat("b")) { _ in }
            }
        }
        #expect(try await carrier.nextRequest().1 == .stat("a"))
        #expect(try await carrier.nextRequest().1 == .write(Samples.handle, offset: 5, data: payload))
        #expect(try await carrier.nextRequest().1 == .stat("b"))
        #expect(carrier.writeCount == before + (length < 4096 ? 1 : 3))
    }

    @Test("A listing skips what every directory has and refuses names that would leave it")
    func listing() async throws {
        await announce()
        let listing = Task { [client] in try await client.list("dir") }
        let (open, request) = try await carrier.nextRequest()
        #expect(request == .opendir("dir"))
        await reply(open, .handle(Samples.handle))
        var ids: [RequestID] = []
        for _ in 0..<Limits.listingRequestsInFlight {
            let (id, request) = try await carrier.nextRequest()
            #expect(request == .readdir(Samples.handle))
            ids.append(id)
        }
        // The end overtakes the entries: a server may answer in any order.
        for id in ids[1...] { await reply(id, .status(Status(.endOfFile))) }
        let names: [RawPath] = [".", "a", "..", "../../etc/passwd", "b\n", "", "x/y"]
        await reply(ids[0], .name(names.map { DirectoryEntry(name: $0) }))
        let result = try await listing.value
        #expect(result.entries.map(\.name) == ["a", "b\n"])
        #expect(result.refusals == [.containsSlash("../../etc/passwd"), .empty, .containsSlash("x/y")])
        #expect(try await carrier.nextRequest().1 == .close(Samples.handle))
    }

    @Test("A directory that never ends is given up at the limit, and closed")
    func endlessDirectory() async throws {
        await announce()
        let task = Task { [client] in try await client.list("dir", maximumCount: 1000) }
        let (open, _) = try await carrier.nextRequest()
        await reply(open, .handle(Samples.handle))
        var requests = 0
        while true {
            let (id, request) = try await carrier.nextRequest()
            guard case .readdir = request else {
                #expect(request == .close(Samples.handle))
                break
            }
            requests += 1
            await reply(id, .name((0..<90).map { DirectoryEntry(name: RawPath("f\($0)")) }))
        }
        await #expect(throws: RequestError.listingTooLong(limit: 1000)) { try await task.value }
        #expect(requests <= 12 + Limits.listingRequestsInFlight)
    }

    @Test("Empty replies end a listing, though the server never says so")
    func emptyReplies() async throws {
        await announce()
        let listing = Task { [client] in try await client.list("dir") }
        let (open, _) = try await carrier.nextRequest()
        await reply(open, .handle(Samples.handle))
        for _ in 0..<Limits.listingRequestsInFlight {
            await reply(try await carrier.nextRequest().0, .name([]))
        }
        #expect(try await listing.value == Listing())
        #expect(try await carrier.nextRequest().1 == .close(Samples.handle))
    }

    @Test("A cancelled listing closes its directory")
    func cancelledListing() async throws {
        await announce()
        let task = Task { [client] in try await client.list("dir") }
        let (open, _) = try await carrier.nextRequest()
        await reply(open, .handle(Samples.handle))
        var ids: [RequestID] = []
        for _ in 0..<Limits.listingRequestsInFlight { ids.append(try await carrier.nextRequest().0) }
        task.cancel()
        await #expect(throws: RequestError.cancelled) { try await task.value }
        for id in ids { await reply(id, .status(Status(.endOfFile))) }
        #expect(try await carrier.nextRequest().1 == .close(Samples.handle))
    }

    @Test("A path that has more than one name is a broken answer, and leaves the connection usable", arguments: [0, 2])
    func wrongNameCount(count: Int) async throws {
        await announce()
        let path = Task { [client] in try await client.realPath(".") }
        let (id, _) = try await carrier.nextRequest()
        await reply(id, .name(Array(repeating: DirectoryEntry(name: "/a"), count: count)))
        await #expect(throws: RequestError.self) { try await path.value }
        #expect(carrier.closeCount == 0)
    }
}
