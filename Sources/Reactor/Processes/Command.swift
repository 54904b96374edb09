package import Bytes

/// A program to run, and with what.
package struct Command: Sendable {
    /// What one of the program's first three descriptors is.
    package enum StandardStream: Sendable {
        /// `/dev/null`.
        case null
        /// Ours.
        case inherit
        /// A stream of ours to or from it.
        case pipe
        /// One end of a socket that serves for input and output alike, as a ProxyCommand wants it; not for errors.
        case duplex
    }

    /// The program: a path, or a name that is looked up in `PATH`.
    package var program: RawPath
    /// What follows the program's name.
    package var arguments: [RawPath]
    /// All of its environment; nil for ours.
    package var environment: [String: String]?
    /// The folder in which it starts; nil for ours.
    package var workingFolder: RawPath?
    /// Whether it leads a session of its own, without a terminal: signals for our terminal's programs pass it by, and
    /// `ChildProcess.killSession` reaches what it started. On a pseudo-terminal it always does.
    package var leadsSession = false
    package var input = StandardStream.null
    package var output = StandardStream.null
    package var error = StandardStream.inherit

    package init(_ program: RawPath, arguments: [RawPath] = []) {
        self.program = program
        self.arguments = arguments
    }

    /// Calls `body` with argument list and environment as NULL-terminated arrays of C strings.
    func withSystemForm<R>(
        _ body: (
            _ program: UnsafePointer<CChar>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
            _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        ) -> R
    ) -> R {
        let variables = environment?.map { RawPath("\($0.key)=\($0.value)") }
        return unsafe program.withCString { program in
            unsafe Self.withStrings([self.program] + arguments) { arguments in
                guard let variables else { return unsafe body(program, arguments, nil) }
                return unsafe Self.withStrings(variables) { unsafe body(program, arguments, $0) }
            }
        }
    }

    /// Whether a string of it contains NUL, which the system would take for its end.
    var containsNUL: Bool {
        let variables = (environment ?? [:]).flatMap { [$0.key, $0.value] }.map { RawPath($0) }
        return ([program] + arguments + variables + [workingFolder].compactMap { $0 }).contains { $0.bytes.contains(0) }
    }

    private static func withStrings<R>(
        _ strings: [RawPath], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
    ) -> R {
        // All strings in one block, each with its NUL.
        var block: [CChar] = []
        var starts: [Int] = []
        for string in strings {
            starts.append(block.count)
            block += string.bytes.map { CChar(bitPattern: $0) } + [0]
        }
        return unsafe block.withUnsafeMutableBufferPointer { block in
            unsafe withUnsafeTemporaryAllocation(
                of: UnsafeMutablePointer<CChar>?.self, capacity: starts.count + 1
            ) { pointers in
                for (index, start) in starts.enumerated() {
                    unsafe pointers.initializeElement(at: index, to: block.baseAddress.map { unsafe $0 + start })
                }
                unsafe pointers.initializeElement(at: starts.count, to: nil)
                // Has at least one element, so it has a base address.
                return unsafe body(pointers.baseAddress.unsafelyUnwrapped)
            }
        }
    }
}
