import Bytes

/// A command with what surrounds it, as one line for the user's shell.
///
/// Without surroundings it is the command as it is, whatever the shell; with them the shell has to be a POSIX one.
package struct RemoteScript: Sendable, Hashable {
    package var command: String
    /// The folder to run it in.
    package var folder: String?
    /// Set and exported before the prelude.
    package var environment: [(name: String, value: String)] = []
    /// Commands that have to succeed first, such as `source /etc/profile && module load gcc`.
    package var prelude: String?

    package init(_ command: String) {
        self.command = command
    }

    package var text: String {
        var steps = environment.map { "export \($0.name)=\($0.value.shellQuoted)" }
        if let prelude { steps.append("{ \(prelude)\n}") }
        if let folder { steps.append("cd -- \(folder.shellQuoted)") }
        guard !steps.isEmpty else { return command }
        // The command may end with a comment, or with a backslash that takes one newline.
        return steps.joined(separator: " && ") + " && {\n\(command)\n\n}"
    }

    /// Whether `name` can be a variable's (POSIX.1-2017 §8.1).
    package static func isVariableName(_ name: String) -> Bool {
        guard let first = name.utf8.first, first == UInt8(ascii: "_") || first.isLetter else { return false }
        return name.utf8.count <= 128
            && name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || $0.isLetter || (0x30...0x39).contains($0) }
    }

    package static func == (left: RemoteScript, right: RemoteScript) -> Bool { left.text == right.text }
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension UInt8 {
    fileprivate var isLetter: Bool { (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) }
}
