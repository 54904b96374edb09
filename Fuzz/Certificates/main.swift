import Bytes
import Cryptography
import FuzzDriver
import SSH

// Certificates as peers, agents and files bring them, and what is judged of them.

let pair = try KeyPair.generate()

func attack(_ input: borrowing ByteBuffer) throws {
    guard !input.isEmpty else { return }
    let kind = input[0]
    var buffer = ByteBuffer(input.bytes)
    buffer.consume(1)
    switch kind % 3 {
    case 0: try judge(buffer.array)
    case 1:
        // A key that is whole, so that what follows it is reached.
        var blob = ByteBuffer()
        blob.append(string: KeyAlgorithm.certificate(.ed25519).name)
        blob.append(string: "nonce")
        // Without its type.
        blob.append(Array(pair.publicKey.blob.dropFirst(15)))
        blob.append(buffer.bytes)
        try judge(blob.array)
    default:
        guard let range = AddressRange(String(decoding: buffer.array, as: UTF8.self)) else { return }
        _ = range.contains([127, 0, 0, 1])
        _ = range.contains([UInt8](repeating: 0, count: 16))
    }
}

func judge(_ blob: [UInt8]) throws {
    let certificate = try Certificate(blob: blob)
    precondition(certificate.blob == blob, "a certificate changed")
    precondition(!certificate.authority.algorithm.isCertificate, "certificates nest")
    let shown = try PublicKey(blob: blob)
    precondition(shown.certificate == certificate, "a certificate is another one as a key")
    _ = try? CertificateOptions(certificate).allows(source: [127, 0, 0, 1])
    var check = CertificateCheck(
        kind: certificate.kind, authorities: [certificate.authority], time: certificate.validAfter)
    check.signatureAlgorithms = KeyAlgorithm.known
    _ = try? check.judge(certificate)
    let permissions = UserPermissions([certificate])
    precondition(
        permissions.forcedCommand != nil || certificate.criticalOptions.allSatisfy { $0.name != "force-command" })
}

fuzz { try? attack($0) }
