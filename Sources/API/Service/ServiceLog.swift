import Bytes
import Reactor

/// What the service says of itself, for whoever operates it: one line for each thing, with the part it comes from.
///
/// Values may hold what peers sent; they are made visible. No secret can get here: `Secret` has no text.
package struct ServiceLog: Sendable {
    package enum Level: Int, Sendable, Comparable {
        case error
        case notice
        case info
        case debug

        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

        var name: String {
            switch self {
            case .error: "error"
            case .notice: "notice"
            case .info: "info"
            case .debug: "debug"
            }
        }
    }

    package enum Subsystem: String, Sendable, CaseIterable {
        case service
        case http
        case session
        case access
        case audit
        case store
    }

    package enum Form: Sendable {
        /// `2026-11-28T08:00:00.000Z notice service: text key=value`.
        case text
        /// One JSON object a line.
        case json
    }

    package let level: Level
    private let form: Form
    private let sink: @Sendable (String) -> Void

    /// - Parameter sink: writes a line, which ends with a newline.
    package init(_ level: Level, form: Form, sink: @escaping @Sendable (String) -> Void) {
        self.level = level
        self.form = form
        self.sink = sink
    }

    package typealias Fields = [(name: String, value: String)]

    package func error(_ subsystem: Subsystem, _ text: String, _ fields: @autoclosure () -> Fields = []) {
        write(.error, subsystem, text, fields)
    }

    package func notice(_ subsystem: Subsystem, _ text: String, _ fields: @autoclosure () -> Fields = []) {
        write(.notice, subsystem, text, fields)
    }

    package func info(_ subsystem: Subsystem, _ text: String, _ fields: @autoclosure () -> Fields = []) {
        write(.info, subsystem, text, fields)
    }

    package func debug(_ subsystem: Subsystem, _ text: String, _ fields: @autoclosure () -> Fields = []) {
        write(.debug, subsystem, text, fields)
    }

    private func write(_ level: Level, _ subsystem: Subsystem, _ text: String, _ fields: () -> Fields) {
        guard level <= self.level else { return }
        let time = Timestamp.text(EventLoop.calendarMilliseconds)
        switch form {
        case .text:
            let words = fields().map { " \($0.name)=\(Self.quoted($0.value))" }.joined()
            sink("\(time) \(level.name) \(subsystem.rawValue): \(text.visible())\(words)\n")
        case .json:
            let members: [(name: String, value: JSONValue)] =
                [
                    ("time", .string(time)), ("level", .string(level.name)), ("subsystem", .string(subsystem.rawValue)),
                    ("message", .string(text.visible())),
                ] + fields().map { ($0.name, .string($0.value.visible())) }
            sink(JSONValue.object(members).text + "\n")
        }
    }

    /// The value, in quotes where it has a space, a quote or nothing.
    private static func quoted(_ value: String) -> String {
        let text = value.visible()
        guard text.isEmpty || text.utf8.contains(where: { $0 == 0x20 || $0 == 0x22 || $0 == 0x3D }) else { return text }
        return "\"" + text.replacing("\"", with: "'") + "\""
    }
}
