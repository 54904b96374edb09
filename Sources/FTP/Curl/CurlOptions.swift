import Bytes
import CCurl

/// Options of one libcurl handle, of which the first that was not accepted is kept: none may be missing in silence.
@safe
struct CurlOptions {
    private let easy: UnsafeMutableRawPointer
    private(set) var refusal: FTPError?

    init(_ easy: UnsafeMutableRawPointer) {
        unsafe self.easy = unsafe easy
    }

    mutating func set(_ option: CURLoption, _ value: Int) {
        note(unsafe ccurl_set_long(easy, option, value))
    }

    mutating func set(_ option: CURLoption, offset: UInt64) {
        note(unsafe ccurl_set_offset(easy, option, curl_off_t(clamping: offset)))
    }

    mutating func set(_ option: CURLoption, _ text: some Sequence<UInt8>) {
        var bytes = Array(text) + [0]
        let status = unsafe bytes.withUnsafeBufferPointer { bytes in
            // NUL-terminated, and copied by the call.
            unsafe bytes.withMemoryRebound(to: CChar.self) { unsafe ccurl_set_text(easy, option, $0.baseAddress) }
        }
        // It may be a password.
        for index in bytes.indices { bytes[index] = 0 }
        note(status)
    }

    mutating func clear(_ option: CURLoption) {
        note(unsafe ccurl_set_text(easy, option, nil))
    }

    mutating func set(_ option: CURLoption, _ list: CommandList) {
        note(unsafe ccurl_set_list(easy, option, list.list))
    }

    mutating func note(_ status: CURLcode) {
        guard status != CURLE_OK, refusal == nil else { return }
        refusal = .configuration(
            "libcurl does not take an option: \(unsafe String(cString: curl_easy_strerror(status)))")
    }
}
