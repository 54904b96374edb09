import Bytes
internal import CNGHTTP2

/// A server's end of a connection of HTTP/2 without I/O: nghttp2 with its callbacks turned into events.
///
/// Belongs to one actor. Nothing is sent by itself: `takeOutput` says what is to be written, as much as is asked for, so
/// that back-pressure of the stream reaches the bodies.
@safe
final class HTTP2Session {
    enum Event: Sendable {
        /// A request's head; whether that was all of it.
        case request(Int32, HTTP2Head, isWhole: Bool)
        /// There is more of a body, or its end.
        case body(Int32)
        /// The stream is gone; `isReset` when the peer gave it up or broke the protocol.
        case closed(Int32, isReset: Bool)
    }

    /// What is held for one stream.
    private struct Stream {
        var head = HTTP2Head()
        /// The request's body: what has come and is not read.
        var input = ByteBuffer()
        var inputHasEnded = false
        /// The answer's body: what is written and not sent.
        var output = ByteBuffer()
        var outputHasEnded = false
    }

    private let session: OpaquePointer
    private var streams: [Int32: Stream] = [:]
    private var events: [Event] = []
    private var flood: FloodGuard
    private var now: UInt64
    /// Bytes that came since a head began that is not complete.
    private var headBytes: Int?
    private var isInTrailers = false
    private var isFlooded = false
    /// Bytes of bodies that went into frames.
    private(set) var sentCount = 0

    /// A session that has its settings to send; nil when nghttp2 has no memory for it.
    init?(now: UInt64) {
        flood = FloodGuard(capacity: HTTP2Limits.floodCapacity, rate: HTTP2Limits.floodRate, now: now)
        self.now = now
        var pointer: OpaquePointer?
        var callbacks: OpaquePointer?
        var option: OpaquePointer?
        guard unsafe nghttp2_session_callbacks_new(&callbacks) == 0, unsafe nghttp2_option_new(&option) == 0 else {
            unsafe nghttp2_session_callbacks_del(callbacks)
            return nil
        }
        defer {
            unsafe nghttp2_session_callbacks_del(callbacks)
            unsafe nghttp2_option_del(option)
        }
        unsafe Self.install(callbacks)
        // Windows open when bodies are read, not when they come.
        unsafe nghttp2_option_set_no_auto_window_update(option, 1)
        unsafe nghttp2_option_set_max_settings(option, HTTP2Limits.settings)
        // A dummy address first: the callbacks' owner is not complete yet, and none is called before `receive`.
        guard unsafe nghttp2_session_server_new2(&pointer, callbacks, nil, option) == 0, let session = unsafe pointer
        else { return nil }
        unsafe self.session = session
        // Not retained: the session goes with this object.
        unsafe nghttp2_session_set_user_data(session, Unmanaged.passUnretained(self).toOpaque())
        let settings = [
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue), value: HTTP2Limits.streams),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
                value: UInt32(HTTP2Limits.streamWindow)),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue), value: UInt32(HTTPLimits.head)),
        ]
        unsafe nghttp2_submit_settings(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), settings, settings.count)
        unsafe nghttp2_session_set_local_window_size(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, HTTP2Limits.connectionWindow)
    }

    deinit {
        unsafe nghttp2_session_del(session)
    }

    var streamCount: Int { streams.count }

    /// Whether any answer waits for the peer's windows or for the stream below.
    var hasWaitingOutput: Bool { streams.values.contains { !$0.output.isEmpty } }

    /// Whether nothing more can come of it.
    var isOver: Bool { unsafe nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0 }

    /// Whether a head has begun and not ended.
    var isInHead: Bool { headBytes != nil }

    // MARK: Input

    /// Takes what the peer sent and returns what happened; nil when the connection cannot go on, with its reason among
    /// what is to be written.
    func receive(_ bytes: RawSpan, now: UInt64) -> [Event]? {
        self.now = now
        // In pieces, so that what an endless head costs is known in time.
        var position = 0
        while position < bytes.byteCount {
            let count = min(16 << 10, bytes.byteCount - position)
            let piece = bytes.extracting(position..<position + count)
            let taken = unsafe piece.withUnsafeBytes { piece in
                unsafe nghttp2_session_mem_recv(
                    session, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), piece.count)
            }
            guard taken == count else { return nil }
            position += count
            if let before = headBytes {
                headBytes = before + count
                if before + count > HTTP2Limits.headBytes { isFlooded = true }
            }
            if isFlooded {
                unsafe nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM.rawValue)
                return nil
            }
        }
        let happened = events
        events.removeAll(keepingCapacity: true)
        return happened
    }

    /// The next bytes of a request's body, and whether it has ended; the peer may send as many again.
    func takeBody(_ id: Int32) -> (bytes: ByteBuffer, hasEnded: Bool)? {
        guard var stream = streams[id] else { return nil }
        let bytes = stream.input
        stream.input = ByteBuffer()
        streams[id] = stream
        if !bytes.isEmpty { unsafe nghttp2_session_consume(session, id, bytes.count) }
        return (bytes, stream.inputHasEnded)
    }

    // MARK: Output

    /// Frames to be written, about `limit` bytes at most; nil when nghttp2 fails.
    func takeOutput(limit: Int) -> ByteBuffer? {
        var output = ByteBuffer()
        while output.count < limit {
            var data: UnsafePointer<UInt8>?
            let count = unsafe nghttp2_session_mem_send(session, &data)
            guard count > 0 else { return count == 0 ? output : output.isEmpty ? nil : output }
            // The bytes are good until the next call.
            unsafe output.withFreeSpace(minimum: count) { space in
                if let data = unsafe data {
                    unsafe space.copyMemory(from: UnsafeRawBufferPointer(start: data, count: count))
                }
                return count
            }
        }
        return output
    }

    /// Answers with a head; `hasBody` when a body follows by `write` and `endBody`.
    func respond(_ id: Int32, _ status: HTTPStatus, _ headers: HTTPHeaders, hasBody: Bool) {
        guard streams[id] != nil else { return }
        unsafe withFields(status, headers) { fields, count in
            guard hasBody else {
                unsafe nghttp2_submit_response(session, id, fields, count, nil)
                return
            }
            var provider = unsafe nghttp2_data_provider()
            unsafe provider.read_callback = { _, id, space, count, flags, _, user in
                guard let owner = unsafe HTTP2Session.of(user), let space = unsafe space, let flags = unsafe flags
                else {
                    return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
                }
                return unsafe owner.fill(id, UnsafeMutableRawBufferPointer(start: space, count: count), flags)
            }
            unsafe nghttp2_submit_response(session, id, fields, count, &provider)
        }
    }

    /// Tells a client to send its body (RFC 9110 §15.2.1).
    func invite(_ id: Int32) {
        guard streams[id] != nil else { return }
        unsafe withFields(100, HTTPHeaders()) { fields, count in
            unsafe nghttp2_submit_headers(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, nil, fields, count, nil)
        }
    }

    /// Adds to an answer's body; how many bytes of it wait now, or nil when the stream is gone.
    func write(_ buffer: ByteBuffer, _ id: Int32) -> Int? {
        guard streams[id] != nil else { return nil }
        streams[id]?.output.append(buffer.bytes)
        unsafe nghttp2_session_resume_data(session, id)
        return streams[id]?.output.count
    }

    func waitingCount(_ id: Int32) -> Int? { streams[id]?.output.count }

    /// The answer's body is whole.
    func endBody(_ id: Int32) {
        guard streams[id] != nil else { return }
        streams[id]?.outputHasEnded = true
        unsafe nghttp2_session_resume_data(session, id)
    }

    /// Gives a stream up: with `NO_ERROR` when its answer is whole and the rest of the request is not wanted.
    func reset(_ id: Int32, isError: Bool) {
        let code = isError ? NGHTTP2_INTERNAL_ERROR : NGHTTP2_NO_ERROR
        unsafe nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, code.rawValue)
    }

    /// Takes no more streams; those that there are go on.
    func drain() {
        unsafe nghttp2_submit_goaway(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nghttp2_session_get_last_proc_stream_id(session),
            NGHTTP2_NO_ERROR.rawValue, nil, 0)
    }

    /// Ends with a reason for the peer.
    func terminate() {
        unsafe nghttp2_session_terminate_session(session, NGHTTP2_NO_ERROR.rawValue)
    }

    /// Calls `body` with the fields of an answer as nghttp2 takes them, which copies them.
    private func withFields(
        _ status: HTTPStatus, _ headers: HTTPHeaders, _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Void
    ) {
        var bytes = [UInt8](":status\(status.code)".utf8)
        var ranges = [(0..<7, 7..<10)]
        for field in headers.fields where !Self.isForbidden(field, headers) {
            let start = bytes.count
            bytes += headers.bytes[field.name]
            let middle = bytes.count
            bytes += headers.bytes[field.value]
            ranges.append((start..<middle, middle..<bytes.count))
        }
        unsafe bytes.withUnsafeMutableBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            let fields = unsafe ranges.map { name, value in
                // All ranges are within `bytes`.
                unsafe nghttp2_nv(
                    name: base + name.lowerBound, value: base + value.lowerBound, namelen: name.count,
                    valuelen: value.count, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
            }
            unsafe fields.withUnsafeBufferPointer { unsafe body($0.baseAddress, $0.count) }
        }
    }

    /// Fields that concern a connection have no place in HTTP/2 (RFC 9113 §8.2.2).
    private static func isForbidden(_ field: HTTPHeaders.Field, _ headers: HTTPHeaders) -> Bool {
        [HeaderName.connection, .transferEncoding, .upgrade, "keep-alive", "proxy-connection"].contains {
            headers.matches(field.name, $0.bytes)
        }
    }

    // MARK: What nghttp2 calls

    private static func of(_ user: UnsafeMutableRawPointer?) -> HTTP2Session? {
        guard let user = unsafe user else { return nil }
        // `init` set it, and it goes with the session.
        return unsafe Unmanaged<HTTP2Session>.fromOpaque(user).takeUnretainedValue()
    }

    private static func install(_ callbacks: OpaquePointer?) {
        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, user in
            guard let owner = unsafe HTTP2Session.of(user), let frame = unsafe frame else { return 0 }
            return unsafe owner.beginHead(frame.pointee)
        }
        unsafe nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks) { _, header, user in
            guard let owner = unsafe HTTP2Session.of(user), let header = unsafe header else { return 0 }
            unsafe owner.willReceive(header.pointee)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _, frame, name, nameCount, value, valueCount, _, user in
            guard let owner = unsafe HTTP2Session.of(user), let frame = unsafe frame else { return 0 }
            // Both are good for the time of the call.
            unsafe owner.field(
                frame.pointee.hd.stream_id, Array(UnsafeBufferPointer(start: name, count: nameCount)),
                Array(UnsafeBufferPointer(start: value, count: valueCount)))
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, user in
            guard let owner = unsafe HTTP2Session.of(user), let frame = unsafe frame else { return 0 }
            unsafe owner.didReceive(frame.pointee)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, id, data, count, user in
            guard let owner = unsafe HTTP2Session.of(user), let data = unsafe data else { return 0 }
            // Good for the time of the call; windows bound how much there is.
            let bytes = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(data), byteCount: count)
            owner.didReceive(bytes, id)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, user in
            guard let owner = unsafe HTTP2Session.of(user), let frame = unsafe frame else { return 0 }
            unsafe owner.didSend(frame.pointee.hd)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, id, code, user in
            guard let owner = unsafe HTTP2Session.of(user) else { return 0 }
            owner.didClose(id, isReset: code != NGHTTP2_NO_ERROR.rawValue)
            return 0
        }
    }

    /// The answer is sent: what is left of the request is given up without an error (RFC 9113 §8.1).
    private func didSend(_ header: nghttp2_frame_hd) {
        guard header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0,
            [NGHTTP2_HEADERS.rawValue, NGHTTP2_DATA.rawValue].contains(UInt32(header.type)),
            streams[header.stream_id]?.inputHasEnded == false
        else { return }
        reset(header.stream_id, isError: false)
    }

    private func didReceive(_ bytes: RawSpan, _ id: Int32) {
        guard streams[id] != nil else { return }
        streams[id]?.input.append(bytes)
        events.append(.body(id))
    }

    private func spend(_ count: Int) {
        if !flood.take(count, at: now) { isFlooded = true }
    }

    private func beginHead(_ frame: nghttp2_frame) -> Int32 {
        headBytes = 0
        isInTrailers = unsafe frame.headers.cat != NGHTTP2_HCAT_REQUEST
        guard unsafe frame.headers.cat == NGHTTP2_HCAT_REQUEST else { return 0 }
        let id = unsafe frame.hd.stream_id
        streams[id] = Stream()
        return 0
    }

    private func field(_ id: Int32, _ name: [UInt8], _ value: [UInt8]) {
        if !isInTrailers { streams[id]?.head.add(name, value) }
    }

    private func didReceive(_ frame: nghttp2_frame) {
        let header = unsafe frame.hd
        let id = header.stream_id
        let isEnd = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        switch UInt32(header.type) {
        case NGHTTP2_HEADERS.rawValue:
            headBytes = nil
            guard let stream = streams[id] else { return }
            if isEnd { streams[id]?.inputHasEnded = true }
            if unsafe frame.headers.cat == NGHTTP2_HCAT_REQUEST {
                events.append(.request(id, stream.head, isWhole: isEnd))
            } else if isEnd {
                events.append(.body(id))
            }
        case NGHTTP2_DATA.rawValue:
            guard isEnd else { return }
            streams[id]?.inputHasEnded = true
            events.append(.body(id))
        default: break
        }
    }

    /// Counts frames that cost us something and carry nothing.
    private func willReceive(_ header: nghttp2_frame_hd) {
        switch UInt32(header.type) {
        case NGHTTP2_RST_STREAM.rawValue: spend(HTTP2Limits.resetCost)
        case NGHTTP2_PING.rawValue, NGHTTP2_SETTINGS.rawValue, NGHTTP2_PRIORITY.rawValue: spend(1)
        case NGHTTP2_DATA.rawValue:
            let isEnd = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
            // Late ones, for a stream that is closed, are few as the window is small.
            if header.length == 0 && !isEnd || streams[header.stream_id] == nil { spend(1) }
        default: break
        }
    }

    private func didClose(_ id: Int32, isReset: Bool) {
        guard streams.removeValue(forKey: id) != nil else { return }
        headBytes = nil
        events.append(.closed(id, isReset: isReset))
    }

    /// Fills a DATA frame with what waits of an answer.
    private func fill(_ id: Int32, _ space: UnsafeMutableRawBufferPointer, _ flags: UnsafeMutablePointer<UInt32>) -> Int
    {
        guard var stream = streams[id] else { return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue) }
        let count = min(space.count, stream.output.count)
        guard count > 0 || stream.outputHasEnded else { return Int(NGHTTP2_ERR_DEFERRED.rawValue) }
        if count > 0 {
            unsafe stream.output.bytes.withUnsafeBytes { output in
                unsafe space.copyMemory(from: UnsafeRawBufferPointer(rebasing: output[..<count]))
            }
            // One owner at a time, so that nothing is copied when the front goes.
            streams[id] = nil
            stream.output.consume(count)
            streams[id] = stream
            sentCount += count
        }
        if stream.outputHasEnded, stream.output.isEmpty { unsafe flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
        return count
    }
}
