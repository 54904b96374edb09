import Foundation
import Synchronization

/// A directory of its own for one test. All of them are removed when the test process ends; `remove()` does it sooner.
package struct TemporaryDirectory: Sendable {
    /// The absolute path.
    package let path: String

    private static let count = Mutex(0)

    package init() throws {
        let number = Self.count.withLock { count in
            count += 1
            return count
        }
        path = "\(Watchdog.shared.root)/\(number)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    /// The absolute path of `name` in the directory.
    package func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and returns its path.
    @discardableResult
    package func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
        try write([UInt8](text.utf8), to: name, mode: mode)
    }

    /// Writes a file and returns its path.
    @discardableResult
    package func write(_ bytes: [UInt8], to name: String, mode: Int = 0o600) throws -> String {
        guard
            FileManager.default.createFile(
                atPath: path(name), contents: Data(bytes), attributes: [.posixPermissions: mode])
        else { throw TestHostError.system("cannot write \(path(name))", unsafe String(cString: strerror(errno))) }
        return path(name)
    }

    /// The content of the file `name`.
    package func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }

    package func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
