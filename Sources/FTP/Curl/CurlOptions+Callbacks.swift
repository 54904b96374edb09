import Bytes
import CCurl

extension CurlOptions {
    /// Has libcurl call `owner`, an unretained `CurlDriver` that outlives the request.
    mutating func setCallbacks(_ easy: UnsafeMutableRawPointer, _ owner: UnsafeMutableRawPointer) {
        unsafe note(ccurl_set_pointer(easy, CURLOPT_WRITEDATA, owner))
        unsafe note(
            ccurl_set_write(easy) { bytes, size, count, owner in
                guard let driver = unsafe CurlDriver.of(owner), let bytes = unsafe bytes else { return 0 }
                // libcurl keeps the bytes for the time of the call.
                let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(bytes), byteCount: size * count)
                return driver.received(span)
            })
        unsafe note(ccurl_set_pointer(easy, CURLOPT_READDATA, owner))
        unsafe note(
            ccurl_set_read(easy) { bytes, size, count, owner in
                guard let driver = unsafe CurlDriver.of(owner), let bytes = unsafe bytes else {
                    return Int(CURL_READFUNC_ABORT)
                }
                return unsafe driver.provide(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
            })
        // An upload that goes on begins where its handler is already.
        unsafe note(ccurl_set_seek(easy) { _, _, _ in CURL_SEEKFUNC_OK })
        unsafe note(ccurl_set_pointer(easy, CURLOPT_DEBUGDATA, owner))
        unsafe note(
            ccurl_set_debug(easy) { _, kind, bytes, count, owner in
                guard let driver = unsafe CurlDriver.of(owner), let bytes = unsafe bytes else { return 0 }
                // libcurl keeps the bytes for the time of the call.
                driver.said(kind, unsafe RawSpan(_unsafeStart: UnsafeRawPointer(bytes), byteCount: count))
                return 0
            })
        unsafe note(ccurl_set_pointer(easy, CURLOPT_XFERINFODATA, owner))
        unsafe note(
            ccurl_set_progress(easy) { owner, _, _, _, _ in
                unsafe CurlDriver.of(owner)?.mustStop == true ? 1 : 0
            })
        set(CURLOPT_NOPROGRESS, 0)
        // What is said to and fro comes by the debug callback.
        set(CURLOPT_VERBOSE, 1)
    }
}
