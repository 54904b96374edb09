import Bytes
package import Reactor

/// An SFTP server for one client on one carrier, bound to the carrier's loop.
///
/// It serves a `RootedFileSystem`; the disk's work is done on the loop's thread pool, several requests at a time and replies
/// in any order but that of one file, with the results that one after the other would give (`RequestScheduler`). What a client can make it hold
/// is bounded: so many requests and bytes are taken in, the rest waits in the peer's window, and while replies wait to
/// be sent nothing more is begun. Everything is freed when the carrier closes.
package actor FileServer {
    private enum Phase {
        case open(any MessageCarrier)
        /// The client sends nothing more; what it asked for is answered.
        case ending(any MessageCarrier)
        case closed
    }

    private enum Turn {
        case idle
        /// A look at what is ready is due at the end of this turn of the loop.
        case scheduled
    }

    package nonisolated let loop: EventLoop
    // The server holds the loop for as long as it may be asked for its executor.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    let worker: FileWorker
    let options: FileServerOptions
    private var phase: Phase
    private var turn = Turn.idle
    private var core = ServerCore()
    private var inbox = RequestInbox()
    /// What has arrived and was not taken in, as too much is under way: bounded by the carrier's window.
    private var backlog = ByteBuffer()
    /// Replies that need no disk.
    var outbound = ByteBuffer()
    var handles = HandleTable()
    var scheduler = RequestScheduler<FileOperation>()
    /// OPEN and OPENDIR requests under way.
    var pendingOpenCount = 0
    var pendingWriteLength = 0
    private(set) var requestsInFlight = 0
    /// How many bytes of replies the work under way makes, at most.
    private var pendingReplyLength = 0
    private var jobCount = 0
    private var longJobCount = 0
    private var spares: [ByteBuffer] = []

    /// A server that talks through `carrier`, whose loop is `loop`, and serves `files`.
    ///
    /// The carrier has to tell `carrierDidDrain()` and have a finite `highWaterMark`, or it has to take what is written at
    /// once.
    package init(
        carrier: any MessageCarrier, loop: EventLoop, files: RootedFileSystem,
        options: FileServerOptions = FileServerOptions()
    ) {
        self.loop = loop
        self.options = options
        worker = FileWorker(files: files, options: options, loop: loop)
        phase = .open(carrier)
    }

    // MARK: Carrier; on the loop only

    /// Takes the next bytes of the client's stream, cut anywhere.
    package nonisolated func receive(_ bytes: RawSpan) {
        assumeIsolated { $0.take(bytes) }
    }

    /// Takes note that nothing more will arrive: what was asked for is answered, then the carrier is closed.
    package nonisolated func carrierDidEnd() {
        assumeIsolated { server in
            guard case .open(let carrier) = server.phase else { return }
            server.phase = .ending(carrier)
            server.closeIfDone()
        }
    }

    /// Takes note that the carrier is closed.
    package nonisolated func carrierDidClose() {
        assumeIsolated { $0.end() }
    }

    /// Takes note that what the carrier had queued fell below its low-water mark after having been at the high one.
    package nonisolated func carrierDidDrain() {
        assumeIsolated { $0.goOn() }
    }

    /// Closes the carrier and everything that is open; from any thread.
    package func close() {
        guard let carrier else { return }
        end()
        carrier.close()
    }

    // MARK: Life

    private var carrier: (any MessageCarrier)? {
        switch phase {
        case .open(let carrier), .ending(let carrier): carrier
        case .closed: nil
        }
    }

    /// Work that runs is not waited for; files are closed when the last piece of it lets them go.
    private func end() {
        phase = .closed
        handles.removeAll()
        scheduler = RequestScheduler()
        backlog = ByteBuffer()
        outbound = ByteBuffer()
        spares = []
        inbox = RequestInbox()
    }

    private func closeIfDone() {
        guard case .ending(let carrier) = phase, requestsInFlight == 0, backlog.isEmpty else { return }
        flush()
        end()
        carrier.close()
    }

    // MARK: Requests

    private func take(_ bytes: RawSpan) {
        guard case .open = phase else { return }
        let taken = backlog.isEmpty ? consume(bytes) : 0
        guard case .open = phase else { return }
        if taken < bytes.byteCount { backlog.append(bytes.extracting(taken..<bytes.byteCount)) }
    }

    /// Takes in as much of `bytes` as may be under way, and returns how much that was.
    private func consume(_ bytes: RawSpan) -> Int {
        guard let carrier, !isCongested(carrier) else { return 0 }
        let room = max(options.maximumRequestsInFlight, 1) - requestsInFlight
        inbox.admit(count: room, length: Limits.maximumPendingWriteLength - pendingWriteLength)
        let taken: Int
        do throws(ProtocolViolation) {
            taken = try core.receive(bytes, into: &inbox)
        } catch {
            // Nobody knows any more where a message begins.
            close()
            return bytes.byteCount
        }
        carrier.acknowledge(taken)
        for arrival in inbox.take() { handle(arrival) }
        if taken > 0 { scheduleTurn() }
        return taken
    }

    private func handle(_ arrival: RequestInbox.Arrival) {
        switch arrival {
        case .hello: outbound.append(ServerMessage.version(Hello(extensions: Self.extensions)))
        case .refused(let id, let status): outbound.append(ServerMessage.reply(id, .status(status)))
        case .request(let id, let request):
            requestsInFlight += 1
            if options.takesLinkFirst, case .symlink(let first, let second) = request {
                return admit(id, .symlink(target: second, link: first))
            }
            admit(id, request)
        }
    }

    /// Answers a request without the disk.
    func answer(_ id: RequestID, _ reply: Reply) {
        requestsInFlight -= 1
        outbound.append(ServerMessage.reply(id, reply))
    }

    /// Whether replies wait that the client does not take.
    ///
    /// `further` bytes are just about to be queued.
    private func isCongested(_ carrier: any MessageCarrier, _ further: Int = 0) -> Bool {
        carrier.pendingWriteCount + outbound.count + further
            >= max(carrier.highWaterMark, Limits.replyHighWaterMark)
    }

    // MARK: Turns

    private func scheduleTurn() {
        guard turn == .idle else { return }
        turn = .scheduled
        // All that this turn of the loop brings is looked at together.
        loop.execute { self.assumeIsolated { $0.runTurn() } }
    }

    private func runTurn() {
        turn = .idle
        guard let carrier else { return }
        startJobs(carrier)
        flush()
        // What was answered at once makes room, and nobody else would tell.
        takeBacklog()
        closeIfDone()
    }

    private func flush() {
        guard let carrier, !outbound.isEmpty else { return }
        let buffer = outbound
        outbound = ByteBuffer()
        carrier.write(buffer)
    }

    /// Takes in what waits, as something is done, or replies were sent.
    private func goOn() {
        takeBacklog()
        scheduleTurn()
    }

    private func takeBacklog() {
        while !backlog.isEmpty {
            var bytes = ByteBuffer()
            swap(&bytes, &backlog)
            let taken = consume(bytes.bytes)
            guard carrier != nil else { return }
            bytes.consume(taken)
            swap(&bytes, &backlog)
            if taken == 0 { break }
        }
    }

    // MARK: Jobs

    private func startJobs(_ carrier: any MessageCarrier) {
        workDirectly(carrier)
        startPoolJobs(carrier)
    }

    private func startPoolJobs(_ carrier: any MessageCarrier, _ further: Int = 0) {
        while jobCount < Limits.jobsInPool, scheduler.readyCount > 0, !isCongested(carrier, further),
            pendingReplyLength < Limits.maximumPendingReplyLength
        {
            guard let operations = nextOperations() else { return }
            let job = FileJob(operations, replies: takeSpare())
            jobCount += 1
            if job.isLong { longJobCount += 1 }
            pendingReplyLength += job.replyLength
            loop.offload({ [worker] in job.run(by: worker) }, { self.assumeIsolated { $0.finish(job) } })
        }
    }

    /// What goes to a thread of the pool together: a fair share of what is ready, for going there costs as much as some
    /// small requests do.
    private func nextOperations() -> [(id: FileJob.ID, operation: FileOperation)]? {
        let threads = Limits.jobsInPool - jobCount
        let share = min((scheduler.readyCount + threads - 1) / threads, Limits.requestsPerJob)
        var operations: [(id: FileJob.ID, operation: FileOperation)] = []
        var length = 0
        var passes = scheduler.readyCount
        while operations.count < share, passes > 0 {
            passes -= 1
            if length > 0, length + (scheduler.withNextReady(\.jobLength) ?? 0) > Limits.jobLength { break }
            guard let next = scheduler.takeReady() else { break }
            guard next.1.isLong else {
                length += next.1.jobLength
                operations.append((next.0, next.1))
                continue
            }
            if operations.isEmpty, longJobCount < Limits.longJobsInPool { return [(next.0, next.1)] }
            scheduler.yield(next.0, next.1)
        }
        return operations.isEmpty ? nil : operations
    }

    private func finish(_ job: FileJob) {
        jobCount -= 1
        if job.isLong { longJobCount -= 1 }
        pendingReplyLength -= job.replyLength
        guard let carrier else { return }
        var content = job.take()
        if job.isShort { notePace(content.duration, count: content.operations.count) }
        for (id, operation) in content.unfinished { scheduler.yield(id, operation) }
        conclude(&content)
        if content.replies.count < Limits.separatePayloadLength {
            send(content.replies, to: carrier)
            startJobs(carrier)
        } else {
            // What comes next is begun first, so that the disk works while this is encrypted; not on the loop, whose
            // replies would overtake these.
            startPoolJobs(carrier, content.replies.count)
            send(content.replies, to: carrier)
        }
        goOn()
    }

    /// Takes note of what is done, and gives what was opened its handles.
    private func conclude(_ content: inout FileJob.Content) {
        for (id, operation) in content.operations
        where !content.unfinished.contains(where: { $0.id == id }) {
            account(for: operation)
            scheduler.finish(id)
        }
        inbox.keepSpares(of: &content.operations, handles.count > 0)
        for (id, node) in content.opened {
            content.replies.append(ServerMessage.reply(id, .handle(handles.insert(node))))
        }
        content.opened = []
    }

    // MARK: Direct work

    /// Does what is ready and short here, where the disk is quick, for some time.
    private func workDirectly(_ carrier: any MessageCarrier) {
        guard options.worksDirectly, let pace = worker.files.pace, scheduler.readyCount > 0 else { return }
        let start = loop.monotonicNanoseconds
        guard pace.allowsDirectWork(now: start) else { return }
        var now = start
        while now - start < Limits.directTime, !isCongested(carrier), isNextDirect() {
            guard let (id, operation) = scheduler.takeReady() else { return }
            // Replies go straight behind those that wait.
            var content = FileJob.Content(operations: [], replies: outbound)
            outbound = ByteBuffer()
            let isDone = worker.performDirectly(id, operation, &content)
            if isDone { content.operations = [(id, operation)] }
            conclude(&content)
            outbound = content.replies
            let end = loop.monotonicNanoseconds
            pace.note(end - now, count: 1, now: end)
            now = end
            guard isDone else {
                // To the pool, behind what is ready; nothing that depends on it has begun.
                return scheduler.yield(id, operation)
            }
        }
    }

    private func isNextDirect() -> Bool {
        switch scheduler.withNextReady(\.directness) {
        case .always: true
        case .alone: jobCount == 0 && scheduler.readyCount == 1
        case .never, nil: false
        }
    }

    private func notePace(_ duration: UInt64, count: Int) {
        worker.files.pace?.note(duration, count: count, now: loop.monotonicNanoseconds)
    }

    private func account(for operation: FileOperation) {
        requestsInFlight -= operation.requestCount
        pendingWriteLength -= operation.writeLength
        switch operation {
        case .open, .openDirectory: pendingOpenCount -= 1
        case .close, .read, .write, .readDirectory, .onHandle, .onPath, .accounts, .hash, .copy: break
        }
    }

    private func send(_ replies: ByteBuffer, to carrier: any MessageCarrier) {
        if replies.count < Limits.separatePayloadLength {
            // Copied, so that a short reply does not hold a long buffer.
            outbound.append(replies.bytes)
        } else {
            flush()
            carrier.write(replies)
        }
        if handles.count == 0 {
            spares = []
        } else if spares.count < Limits.spareBufferCount {
            spares.append(replies)
        }
    }

    // MARK: Buffers

    /// A buffer for replies: one that the carrier has let go, the last used first, as the caches know it still.
    private func takeSpare() -> ByteBuffer {
        for index in spares.indices.reversed() where spares[index].isUnique() {
            var spare = spares.remove(at: index)
            spare.removeAll()
            return spare
        }
        return ByteBuffer()
    }
}
