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

/// The thread of one connection, which runs libcurl and sleeps where libcurl knows what to wait for.
///
/// One handle with one cache of TLS sessions, because servers demand on the data connection the session of its own control
/// connection.
@safe
final class CurlDriver: @unchecked Sendable {
    // Sendable because after `launch` its thread alone touches what can change, but for `shared`, which has a lock.

    enum Command: Sendable {
        case start(FTPRequest, any TransferHandler)
        case stop(any TransferHandler, FTPError)
        case resume(any TransferHandler)
        case close(CheckedContinuation<Void, Never>?)
    }

    private struct Shared {
        var commands: [Command] = []
        var life = Life.open
    }

    private enum Life {
        case open, closed
    }

    private enum State {
        case idle
        case running(CurlTransfer)
        case closed
    }

    let urgency = CurlUrgency()
    private let shared = Mutex(Shared())
    private let configuration: FTPConfiguration
    private let easy: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private var state = State.idle
    private var hasBegun = false

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
        unsafe ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 1)
    }

    /// libcurl's own preparation, once in the process.
    private static let library: Void = {
        let status = ccurl_initialize()
        precondition(status == CURLE_OK, "libcurl cannot be used")
    }()

    deinit {
        unsafe errorText.deallocate()
    }

    /// Starts the thread, which keeps this until `close`. Without one every request fails.
    func launch() {
        if !WorkerThread.start({ self.run() }) { release() }
    }

    // MARK: From any thread

    /// Has the thread see to `command` soon; false when it has ended.
    func post(_ command: Command) -> Bool {
        shared.withLock { shared in
            guard case .open = shared.life else { return false }
            shared.commands.append(command)
            // Under the lock, as libcurl's handle goes away once no more is taken. It need be woken for the first only.
            if shared.commands.count == 1 { unsafe curl_multi_wakeup(multi) }
            return true
        }
    }

    // MARK: The thread

    private func run() {
        while true {
            for command in takeCommands() { see(to: command) }
            if case .running(let transfer) = state { advance(transfer) }
            if case .closed = state { return }
            sleep()
        }
    }

    private func takeCommands() -> [Command] {
        shared.withLock { shared in
            defer { shared.commands.removeAll(keepingCapacity: true) }
            return shared.commands
        }
    }

    private func see(to command: Command) {
        switch (command, state) {
        case (.start(let request, let handler), .idle): begin(request, handler)
        case (.start(_, let handler), .running), (.start(_, let handler), .closed):
            handler.end(.failure(.closed))
        case (.stop(let handler, let error), .running(let transfer)):
            if transfer.handler === handler { abandon(transfer, error) }
        case (.resume(let handler), .running(let transfer)):
            guard transfer.handler === handler, transfer.isPaused else { return }
            transfer.isPaused = false
            transfer.moved = .now
            unsafe curl_easy_pause(easy, CURLPAUSE_CONT)
        case (.close(let continuation), _):
            if case .running(let transfer) = state { abandon(transfer, .closed) }
            release()
            continuation?.resume()
        case (.stop, .idle), (.stop, .closed), (.resume, .idle), (.resume, .closed): break
        }
    }

    /// Lets libcurl do what can be done now.
    private func advance(_ transfer: CurlTransfer) {
        var running: Int32 = 0
        let status = unsafe curl_multi_perform(multi, &running)
        var code = CURLE_OK
        if unsafe ccurl_finished(multi, &code) != nil {
            unsafe curl_multi_remove_handle(multi, easy)
            let text = unsafe String(cString: errorText[0] != 0 ? UnsafePointer(errorText) : curl_easy_strerror(code))
            let shown = String(text.visible().prefix(Limits.replyText))
            return end(transfer, transfer.result(code, shown, urgency.reason(for: transfer.handler)))
        }
        if let failure = transfer.failure { return abandon(transfer, failure) }
        guard status == CURLM_OK else { return abandon(transfer, Self.error(status)) }
        let limit = configuration.stallTimeout + (transfer.hasSpoken ? .zero : configuration.connectTimeout)
        if !transfer.isPaused, transfer.moved.duration(to: .now) > limit {
            abandon(transfer, .timedOut("the server has stopped answering"))
        }
    }

    /// Waits for sockets, for libcurl's own timers and for commands.
    private func sleep() {
        let limit =
            switch state {
            case .running: min(Limits.longestSleep, configuration.stallTimeout / 8)
            case .idle, .closed: Limits.longestIdleSleep
            }
        let status = unsafe curl_multi_poll(multi, nil, 0, Int32(clamping: limit.wholeMilliseconds), nil)
        guard status != CURLM_OK else { return }
        // It cannot sleep: rather no connection than one that never rests.
        if case .running(let transfer) = state { abandon(transfer, Self.error(status)) }
        release()
    }

    private static func error(_ status: CURLMcode) -> FTPError {
        .connectionLost("libcurl cannot go on: \(unsafe String(cString: curl_multi_strerror(status)))")
    }

    // MARK: Requests

    private func begin(_ request: FTPRequest, _ handler: any TransferHandler) {
        var request = request
        // Some servers have names in another encoding until they are told (RFC 2640 §3.2).
        if !hasBegun { request.before.insert(FTPCommand("OPTS UTF8 ON"), at: 0) }
        hasBegun = true
        let transfer = CurlTransfer(request, handler)
        unsafe curl_easy_reset(easy)
        unsafe errorText[0] = 0
        var options = unsafe CurlOptions(easy)
        configuration.apply(to: &options)
        transfer.apply(to: &options, configuration)
        // libcurl calls back only while this object calls it.
        let owner = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe options.note(ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
        unsafe options.setCallbacks(easy, owner)
        if let refusal = options.refusal { return handler.end(.failure(refusal)) }
        let status = unsafe curl_multi_add_handle(multi, easy)
        guard status == CURLM_OK else { return handler.end(.failure(Self.error(status))) }
        state = .running(transfer)
    }

    /// Takes the request out of libcurl, which ends its connection.
    private func abandon(_ transfer: CurlTransfer, _ error: FTPError) {
        unsafe curl_multi_remove_handle(multi, easy)
        end(transfer, .failure(error))
    }

    private func end(_ transfer: CurlTransfer, _ result: Result<FTPOutcome, FTPError>) {
        state = .idle
        transfer.handler.end(result)
    }

    /// Lets go of libcurl; commands that came meanwhile are answered.
    private func release() {
        if case .closed = state { return }
        state = .closed
        let commands = shared.withLock { shared in
            shared.life = .closed
            defer { shared.commands = [] }
            return shared.commands
        }
        // libcurl would say QUIT and wait for the answer: so nothing can be said any more.
        var socket = curl_socket_t(-1)
        if unsafe ccurl_active_socket(easy, &socket) == CURLE_OK, socket >= 0 { shutdown(socket, Int32(SHUT_RDWR)) }
        unsafe curl_easy_cleanup(easy)
        unsafe curl_multi_cleanup(multi)
        for command in commands { see(to: command) }
    }

    // MARK: libcurl's callbacks

    static func of(_ owner: UnsafeMutableRawPointer?) -> CurlDriver? {
        guard let owner = unsafe owner else { return nil }
        return unsafe Unmanaged<CurlDriver>.fromOpaque(owner).takeUnretainedValue()
    }

    /// The request that runs, when libcurl asks for it.
    var transfer: CurlTransfer? {
        guard case .running(let transfer) = state else { return nil }
        return transfer
    }
}
