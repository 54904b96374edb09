import Bytes
import CCurl

/// A list of commands in libcurl's form.
@safe
final class CommandList {
    private(set) var list: UnsafeMutablePointer<curl_slist>?

    init(_ commands: [FTPCommand]) {
        for command in commands.prefix(Limits.commandsPerRequest) {
            // The star, which is no part of the command, keeps a refusal from ending the connection.
            let line = [UInt8(ascii: "*")] + command.bytes + [0]
            let longer = unsafe line.withUnsafeBufferPointer { bytes in
                // NUL-terminated, and copied by the call.
                unsafe bytes.withMemoryRebound(to: CChar.self) { unsafe curl_slist_append(list, $0.baseAddress) }
            }
            if let longer = unsafe longer { unsafe list = longer }
        }
    }

    deinit {
        unsafe curl_slist_free_all(list)
    }
}
