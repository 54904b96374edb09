package import Bytes

/// Where a setting stands.
package enum SettingOrigin: Sendable, Hashable, CustomStringConvertible {
    /// An option of the command line.
    case option
    case file(RawPath, line: Int)

    package var description: String {
        switch self {
        case .option: "the command line"
        case .file(let path, let line): "\(path):\(line)"
        }
    }
}

/// A setting that cannot be used.
package struct SettingError: Error, Sendable, Hashable {
    /// One sentence in plain words, without a full stop; safe for a terminal.
    package let message: String
    package let hint: String?

    package init(_ message: String, _ origin: SettingOrigin, hint: String? = nil) {
        switch origin {
        case .option: self.message = message
        case .file: self.message = "\(origin): \(message)"
        }
        self.hint = hint
    }
}

/// Why an evaluation did not come to its end.
enum EvaluationStop: Error {
    case failed(SettingError)
    /// An answer is missing.
    case asks(ConfigurationQuestion)

    static func failed(_ message: String, _ origin: SettingOrigin, hint: String? = nil) -> EvaluationStop {
        .failed(SettingError(message, origin, hint: hint))
    }
}
