#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

import Bytes
package import Sessions

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

    /// The user who runs this process; the home folder is `HOME`'s, or the account's.
    package static var user: LocalUser { .current }

    /// What this machine calls itself.
    package static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        // The kernel writes at most `count` bytes, and the last one stays NUL.
        guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).visible()
    }

    /// The environment variables that are text.
    package static var textVariables: [String: String] {
        var result: [String: String] = [:]
        // The first of several counts, as for getenv(3).
        for (name, value) in variables where result[name] == nil {
            result[name] = String(validating: value, as: UTF8.self)
        }
        return result
    }

    /// The names and values of all environment variables.
    package static var variables: [(name: String, value: [UInt8])] {
        var result: [(name: String, value: [UInt8])] = []
        var next = unsafe environ
        // The vector ends with a null pointer and its strings with NUL; nothing in this program changes them.
        while let text = unsafe next.pointee {
            let bytes = unsafe Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
            if let equals = bytes.firstIndex(of: UInt8(ascii: "=")) {
                result.append((String(decoding: bytes[..<equals], as: UTF8.self), Array(bytes[(equals + 1)...])))
            }
            unsafe next += 1
        }
        return result
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
