import Bytes
import CCurl
import Reactor
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One connection to an FTP server through libcurl's multi interface: one request at a time, on a loop of its own.
///
/// Its own, because libcurl waits in place for TLS on a data connection and for the reply behind a transfer: that must not
/// hold up anybody else's bytes. One handle with one cache of TLS sessions, because servers demand on the data connection
/// the session of its own control connection.
@safe
final class CurlConnection: @unchecked Sendable {
    // Sendable because after `init` the loop's thread alone touches what can change; `isStopped` is atomic.

    let loop = EventLoop()
    private let configuration: FTPConfiguration
    private let easy: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private var timer: LoopTimer?
    private var stallTimer: LoopTimer?
    private var watches: [Int32: DescriptorWatch] = [:]
    private var state = State.idle
    private var hasBegun = false
    /// Makes libcurl give up, also where it waits in place.
    private let isStopped = Atomic(false)

    private enum State {
        case idle
        case running(CurlTransfer)
        case closed
    }

    init(_ configuration: FTPConfiguration) {
        self.configuration = configuration
        _ = Self.library
        guard let easy = unsafe curl_easy_init(), let multi = unsafe curl_multi_init() else {
            preconditionFailure("libcurl has no memory")
        }
        unsafe self.easy = unsafe easy
        unsafe self.multi = unsafe multi
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        // libcurl calls back only while this object calls it, or on the loop, whose watches hold no unowned reference.
        let owner = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 1)
        unsafe ccurl_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, owner)
        unsafe ccurl_multi_set_socket(multi) { _, socket, what, owner, _ in
            unsafe CurlConnection.of(owner)?.watch(socket, what)
            return 0
        }
        unsafe ccurl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, owner)
        unsafe ccurl_multi_set_timer(multi) { _, milliseconds, owner in
            unsafe CurlConnection.of(owner)?.wait(milliseconds)
            return 0
        }
    }

    /// libcurl's own preparation, once in the process.
    private static let library: Void = {
        let status = ccurl_initialize()
        precondition(status == CURLE_OK, "libcurl cannot be used")
    }()

    deinit {
        if case .closed = state {
        } else {
            // Nothing runs, or somebody would hold this; without a watch libcurl may be freed on any thread.
            if watches.isEmpty { release() }
            Task.detached { [loop] in await loop.shutdown() }
        }
        unsafe errorText.deallocate()
    }

    static func of(_ owner: UnsafeMutableRawPointer?) -> CurlConnection? {
        guard let owner = unsafe owner else { return nil }
        return unsafe Unmanaged<CurlConnection>.fromOpaque(owner).takeUnretainedValue()
    }

    // MARK: Requests; from any thread

    /// Begins a request; the one before has ended.
    func start(_ request: FTPRequest, _ handler: any TransferHandler) {
        isStopped.store(false, ordering: .releasing)
        loop.execute {
            var request = request
            // Some servers have names in another encoding until they are told (RFC 2640 §3.2).
            if !self.hasBegun { request.before.insert(FTPCommand("OPTS UTF8 ON"), at: 0) }
            self.hasBegun = true
            self.begin(CurlTransfer(request, handler))
        }
    }

    /// Gives the request of `handler` up, if it is the one that runs.
    func stop(_ handler: any TransferHandler, _ error: FTPError) {
        isStopped.store(true, ordering: .releasing)
        loop.execute {
            guard case .running(let transfer) = self.state, transfer.handler === handler else { return }
            self.abandon(transfer, error)
        }
    }

    /// Goes on with a request that waits for its handler.
    func resume(_ handler: any TransferHandler) {
        loop.execute {
            guard case .running(let transfer) = self.state, transfer.handler === handler, transfer.isPaused else {
                return
            }
            transfer.isPaused = false
            transfer.moved = self.loop.monotonicNanoseconds
            unsafe curl_easy_pause(self.easy, CURLPAUSE_CONT)
            self.readMessages()
        }
    }

    /// Ends it without a word to the server, and its loop.
    func close() async {
        isStopped.store(true, ordering: .releasing)
        await withCheckedContinuation { continuation in
            loop.execute {
                if case .running(let transfer) = self.state { self.abandon(transfer, .closed) }
                self.release()
                continuation.resume()
            }
        }
        await loop.shutdown()
    }

    // MARK: On the loop

    private func begin(_ transfer: CurlTransfer) {
        guard case .idle = state else { return transfer.handler.end(.failure(.closed)) }
        unsafe curl_easy_reset(easy)
        unsafe errorText[0] = 0
        var options = unsafe CurlOptions(easy)
        configuration.apply(to: &options)
        transfer.apply(to: &options, configuration)
        let owner = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe options.note(ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
        unsafe options.setCallbacks(easy, owner)
        if let refusal = options.refusal { return transfer.handler.end(.failure(refusal)) }
        transfer.moved = loop.monotonicNanoseconds
        state = .running(transfer)
        transfer.handler.begin(on: self, as: transfer.handler)
        let interval = configuration.stallTimeout / 8
        stallTimer = loop.schedule(after: interval, repeating: interval) { [weak self] in self?.checkStall() }
        unsafe curl_multi_add_handle(multi, easy)
        readMessages()
    }

    /// Takes the request out of libcurl, which ends its connection.
    private func abandon(_ transfer: CurlTransfer, _ error: FTPError) {
        unsafe curl_multi_remove_handle(multi, easy)
        end(transfer, .failure(error))
    }

    private func end(_ transfer: CurlTransfer, _ result: Result<FTPOutcome, FTPError>) {
        stallTimer?.cancel()
        stallTimer = nil
        state = .idle
        transfer.handler.end(result)
    }

    private func release() {
        if case .closed = state { return }
        state = .closed
        timer?.cancel()
        stallTimer?.cancel()
        for watch in watches.values { watch.close() }
        watches = [:]
        unsafe ccurl_multi_set_socket(multi, nil)
        unsafe ccurl_multi_set_timer(multi, nil)
        // libcurl would say QUIT and wait for the answer: so nothing can be said any more.
        var socket = curl_socket_t(-1)
        if unsafe ccurl_active_socket(easy, &socket) == CURLE_OK, socket >= 0 { shutdown(socket, Int32(SHUT_RDWR)) }
        unsafe curl_easy_cleanup(easy)
        unsafe curl_multi_cleanup(multi)
    }

    private func checkStall() {
        guard case .running(let transfer) = state else { return }
        if let failure = transfer.failure { return abandon(transfer, failure) }
        guard !transfer.isPaused else { return }
        let limit = configuration.stallTimeout + (transfer.hasSpoken ? .zero : configuration.connectTimeout)
        if Duration.nanoseconds(Int64(clamping: loop.monotonicNanoseconds - transfer.moved)) > limit {
            abandon(transfer, .timedOut("the server has stopped answering"))
        }
    }

    // MARK: libcurl's wishes

    private func watch(_ socket: Int32, _ what: Int32) {
        if what == CURL_POLL_REMOVE {
            watches.removeValue(forKey: socket)?.close()
            return
        }
        if watches[socket] == nil {
            watches[socket] = try? DescriptorWatch(socket: socket, on: loop) { [weak self] result in
                switch result {
                case .success(let events): self?.act(socket, events)
                case .failure: self?.act(socket, [], CURL_CSELECT_ERR)
                }
            }
        }
        var events: DescriptorWatch.Events = []
        if what & CURL_POLL_IN != 0 { events.insert(.readable) }
        if what & CURL_POLL_OUT != 0 { events.insert(.writable) }
        watches[socket]?.wait(for: events)
    }

    private func wait(_ milliseconds: Int) {
        guard milliseconds >= 0 else {
            timer?.cancel()
            timer = nil
            return
        }
        if let timer { return timer.reschedule(after: .milliseconds(milliseconds)) }
        timer = loop.schedule(after: .milliseconds(milliseconds)) { [weak self] in self?.act(-1, []) }
    }

    private func act(_ socket: Int32, _ events: DescriptorWatch.Events, _ more: Int32 = 0) {
        if case .closed = state { return }
        var bits = more
        if events.contains(.readable) { bits |= CURL_CSELECT_IN }
        if events.contains(.writable) { bits |= CURL_CSELECT_OUT }
        var running: Int32 = 0
        unsafe curl_multi_socket_action(multi, socket, bits, &running)
        // When a reply is there at once, libcurl 7.88 forgets to go on with the data connection: it is pushed.
        var pushes = 0
        while case .running(let transfer) = state, transfer.takeNews(), pushes < Limits.pushesPerEvent {
            unsafe ccurl_run_all(multi)
            pushes += 1
        }
        readMessages()
    }

    private func readMessages() {
        guard case .running(let transfer) = state else { return }
        var code = CURLE_OK
        guard unsafe ccurl_finished(multi, &code) != nil else {
            if let failure = transfer.failure { abandon(transfer, failure) }
            return
        }
        unsafe curl_multi_remove_handle(multi, easy)
        let text = unsafe String(cString: errorText[0] != 0 ? UnsafePointer(errorText) : curl_easy_strerror(code))
        end(
            transfer,
            transfer.result(code, String(text.visible().prefix(Limits.replyText)), isStopped.load(ordering: .acquiring))
        )
    }

    // MARK: libcurl's callbacks

    func received(_ bytes: RawSpan) -> Int {
        guard case .running(let transfer) = state else { return 0 }
        transfer.moved = loop.monotonicNanoseconds
        switch transfer.handler.receive(bytes) {
        case .taken: return bytes.byteCount
        case .full:
            transfer.isPaused = true
            return Int(CURL_WRITEFUNC_PAUSE)
        case .failed(let error):
            transfer.failure = error
            return 0
        }
    }

    func provide(_ space: UnsafeMutableRawBufferPointer) -> Int {
        guard case .running(let transfer) = state else { return Int(CURL_READFUNC_ABORT) }
        transfer.moved = loop.monotonicNanoseconds
        switch unsafe transfer.handler.provide(space) {
        case .bytes(let count): return count
        case .later:
            transfer.isPaused = true
            return Int(CURL_READFUNC_PAUSE)
        case .end: return 0
        }
    }

    func said(_ kind: curl_infotype, _ bytes: RawSpan) {
        guard case .running(let transfer) = state else { return }
        transfer.moved = loop.monotonicNanoseconds
        switch kind {
        case CURLINFO_HEADER_OUT: transfer.sent(bytes)
        case CURLINFO_HEADER_IN: transfer.heard(bytes)
        default: return
        }
    }

    var mustStop: Bool {
        if isStopped.load(ordering: .acquiring) { return true }
        guard case .running(let transfer) = state else { return false }
        return transfer.failure != nil
    }
}
