import Foundation
import Synchronization

/// Ends what the tests started and removes their files when the test process is gone, however it ended.
///
/// A shell at the other end of a pipe: the pipe closes with the process, also when that crashes.
final class Watchdog: Sendable {
    static let shared = Watchdog()

    /// The directory above all temporary ones of this process.
    let root: String
    private let pipe: Mutex<Int32>

    private static let script = """
        pids=" "
        while read -r verb value; do
            case $verb in
                add) pids="$pids$value " ;;
                end) pids="${pids%% $value *} ${pids#* $value }" ;;
            esac
        done
        for pid in $pids; do kill -s KILL -- "-$pid" "$pid" 2>/dev/null; done
        rm -rf -- "$1" "$2"
        """

    private init() {
        let name = "fairlead-tests-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        // Kept short: the path of a Unix socket has at most 107 bytes.
        root = "/tmp/\(name)"
        try! FileManager.default.createDirectory(
            atPath: root, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        signal(SIGPIPE, SIG_IGN)
        let ends = try! Pipe.make()
        let task = Process()
        task.executableURL = URL(fileURLWithPath: "/bin/sh")
        // Ctrl-C in a terminal ends the tests and not this. (`setsid` would fork, and leave a child that nobody waits for:
        // Swift Testing's exit tests wait for whichever child ends first.)
        task.arguments = [
            "-c", "trap '' INT HUP; exec /bin/sh -c \"$0\" watchdog \"$@\"", Self.script, root,
            OpenSSHServer.newRelease + root,
        ]
        task.standardInput = FileHandle(fileDescriptor: ends.read, closeOnDealloc: true)
        task.standardOutput = FileHandle.nullDevice
        task.standardError = FileHandle.nullDevice
        try! task.run()
        pipe = Mutex(ends.write)
    }

    func add(process pid: pid_t) { send("add \(pid)\n") }

    func remove(process pid: pid_t) { send("end \(pid)\n") }

    private func send(_ line: String) {
        pipe.withLock { descriptor in
            let bytes = Array(line.utf8)
            _ = unsafe write(descriptor, bytes, bytes.count)
        }
    }
}
