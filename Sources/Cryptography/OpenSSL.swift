internal import COpenSSL

/// How results of libcrypto are checked.
enum OpenSSL {
    /// Throws `failure` unless `result` is 1, libcrypto's one sign of success.
    static func check(_ result: Int32, _ operation: StaticString) throws(CryptographyError) {
        guard result == 1 else { throw failure(operation) }
    }

    /// Unwraps what libcrypto allocated.
    static func check(_ pointer: OpaquePointer?, _ operation: StaticString) throws(CryptographyError) -> OpaquePointer {
        guard let pointer = unsafe pointer else { throw failure(operation) }
        return unsafe pointer
    }

    /// Stops the process unless `result` is 1. For hashing alone, which cannot fail on initialised contexts short of the
    /// system's memory running out: going on with a wrong hash is never an answer.
    static func require(_ result: Int32, _ operation: StaticString) {
        precondition(result == 1, "libcrypto failed where it cannot: \(operation)")
    }

    /// An error that names `operation` and libcrypto's reason; empties the thread's error queue.
    static func failure(_ operation: StaticString) -> CryptographyError {
        // The first error is the deepest cause. The reason is a static string.
        let code = ERR_get_error()
        clearErrors()
        guard code != 0, let reason = unsafe ERR_reason_error_string(code) else { return .failure("\(operation)") }
        return unsafe .failure("\(operation): \(String(cString: reason))")
    }

    /// Empties the thread's error queue, so that a later failure does not report what was handled here.
    static func clearErrors() {
        ERR_clear_error()
    }
}

extension StaticString {
    /// The text, which is ASCII, as a C string that lives as long as the process, which the address of a
    /// `String` does not.
    var cString: UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
