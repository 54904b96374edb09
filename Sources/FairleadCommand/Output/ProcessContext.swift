#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What the system gave this process.
package enum ProcessContext {
    /// The words of the command line without the program's name, as bytes.
    package static var arguments: [Argument] {
        (1..<max(1, Int(CommandLine.argc))).compactMap { index in
            // The system's vector has `argc` strings that end with NUL and stay as long as the process.
            guard let word = unsafe CommandLine.unsafeArgv[index] else { return nil }
            return unsafe Argument(bytes: UnsafeRawBufferPointer(start: word, count: strlen(word)))
        }
    }

    /// The value of an environment variable; nil when it is unset.
    package static func environment(_ name: String) -> String? {
        // The string is copied at once; nothing in this program changes the environment.
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// The C library's words for an `errno`.
    package static func text(ofErrno code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        // The library writes at most `count` bytes with a NUL, and keeps no pointer.
        unsafe buffer.withUnsafeMutableBufferPointer {
            guard let base = $0.baseAddress else { return }
            _ = unsafe strerror_r(code, base, $0.count)
        }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return bytes.isEmpty ? "error \(code)" : String(decoding: bytes, as: UTF8.self)
    }
}
