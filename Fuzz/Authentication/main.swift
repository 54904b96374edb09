import Bytes
import FuzzDriver
import SSH

// A client's authentication: every message that a server can send, with the user's answers in between.

struct DroppingSink: PacketSink {
    mutating func sendPacket(_ write: (inout ByteBuffer) -> Void) {
        var payload = ByteBuffer()
        write(&payload)
        precondition(!payload.isEmpty)
    }
}

let key = try KeyPair.generate().publicKey

func attack(_ input: borrowing ByteBuffer) throws(AuthenticationError) {
    guard !input.isEmpty else { return }
    let choice = input[0]
    var rest = ByteBuffer(input.bytes)
    rest.consume(1)
    let all: [AuthenticationCredential] = [
        .publicKey(algorithm: "ssh-ed25519", blob: key.blob, choice & 1 == 0 ? .sign : .query),
        .password(attempts: 2), .keyboardInteractive(attempts: 2),
    ]
    let first = Int(choice >> 2) % all.count
    var client = ClientAuthentication(
        ClientAuthentication.Configuration(
            user: "user", sessionID: [UInt8](repeating: 7, count: 32), credentials: Array(all[first...] + all[..<first])
        ))
    var sink = DroppingSink()
    var action = try client.start(into: &sink)
    var messages = records(rest)[...]
    while true {
        switch action {
        case .wait, .show:
            guard let message = messages.popFirst() else { return }
            guard !message.isEmpty else { continue }
            action = try client.receive(message.rawSpan, into: &sink)
        case .sign:
            action = try client.provideSignature([1, 2, 3], into: &sink)
        case .needPassword:
            action = try client.providePassword(into: &sink) { $0.append([65]) }
        case .needNewPassword:
            action = try client.providePasswordChange(into: &sink, old: { $0.append([65]) }, new: { $0.append([66]) })
        case .answerPrompts(let challenge):
            action =
                challenge.prompts.count > 8
                ? try client.declineCredential("too many", into: &sink)
                : try client.provideAnswers(into: &sink) { _, buffer in buffer.append([65]) }
        case .succeeded: return
        }
    }
}

fuzz { try? attack($0) }
