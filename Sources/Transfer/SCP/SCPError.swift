import Bytes
package import SFTP
package import SSH

/// Why a transfer by the SCP protocol failed.
package enum SCPError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What the far end said about one file, made visible; the others are not concerned.
    case refused(String)
    /// The far end sent what the protocol has no place for; the text says what.
    case violation(String)
    /// A name that is not safe to use here.
    case unsafeName(NameRefusal)
    /// A name that nobody asked for, made visible.
    case unexpectedName(String)
    /// The protocol has no way to say or do it; the text says what.
    case unsupported(String)
    /// The program there gave up, ended before the transfer did, or ended with a status other than 0; the text says why.
    case ended(String)
    /// The connection failed, or the channel could not be opened.
    case connection(ConnectionError)
    case cancelled

    package var description: String {
        switch self {
        case .refused(let text): text
        case .violation(let text): "the host broke the SCP protocol: \(text)"
        case .unsafeName(let refusal): "\(refusal)"
        case .unexpectedName(let name): "the host sent a file that was not asked for: \(name)"
        case .unsupported(let text): "SCP cannot do that: \(text)"
        case .ended(let text): text
        case .connection(let error): "\(error)"
        case .cancelled: "cancelled"
        }
    }

    /// Whether nothing more can be transferred over the connection.
    package var endsConnection: Bool {
        switch self {
        case .connection(let error):
            switch error {
            case .openRefused, .requestRefused, .channel: false
            case .stream, .closedByPeer, .transport, .hostKeyRejected, .authentication, .timedOut, .unresponsive,
                .closed, .cancelled:
                true
            }
        case .cancelled: true
        case .refused, .violation, .unsafeName, .unexpectedName, .unsupported, .ended: false
        }
    }

    /// The start of a text of a peer's, safe to show.
    static func shown(_ text: some Collection<UInt8>) -> String {
        let text = String(decoding: text.prefix(SCPLimits.shownLength * 4), as: UTF8.self)
        return String(text.prefix(SCPLimits.shownLength)).visible().trimmed
    }
}

extension String {
    /// Without spaces at either end.
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
