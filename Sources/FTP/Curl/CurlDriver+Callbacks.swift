import CCurl

/// What libcurl calls, on the thread of the connection and within a call of ours.
extension CurlDriver {
    func received(_ bytes: RawSpan) -> Int {
        guard let transfer else { return 0 }
        transfer.moved = .now
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
        guard let transfer else { return Int(CURL_READFUNC_ABORT) }
        transfer.moved = .now
        switch unsafe transfer.handler.provide(space) {
        case .bytes(let count): return count
        case .later:
            transfer.isPaused = true
            return Int(CURL_READFUNC_PAUSE)
        case .end: return 0
        }
    }

    func said(_ kind: curl_infotype, _ bytes: RawSpan) {
        guard let transfer else { return }
        transfer.moved = .now
        switch kind {
        case CURLINFO_HEADER_OUT: transfer.sent(bytes)
        case CURLINFO_HEADER_IN: transfer.heard(bytes)
        default: return
        }
    }

    var mustStop: Bool {
        guard let transfer else { return false }
        return transfer.failure != nil || urgency.reason(for: transfer.handler) != nil
    }
}
