import Bytes
import Cryptography
import Testing

@testable import SSH

/// Makes certificates field by field, also such as no tool would make.
struct CertificateMaker: Sendable {
    static let authority = try! KeyPair.generate()
    static let key = try! KeyPair.generate()
    /// A second at which what is made here is good.
    static let time: UInt64 = 1500

    var key = CertificateMaker.key.publicKey
    var authority = CertificateMaker.authority
    /// What stands in the authority's place; nil is its key.
    var authorityBlob: [UInt8]?
    /// How the authority signs; nil is its usual way.
    var algorithm: KeyAlgorithm?
    var serial: UInt64 = 7
    var kind: UInt32 = 1
    var keyID = "a test"
    var principals = ["ada", "bob"]
    var validAfter: UInt64 = 1000
    var validBefore: UInt64 = 2000
    var critical: [(name: String, value: [UInt8])] = []
    var extensions: [(name: String, value: [UInt8])] = [("permit-pty", [])]

    /// The value of an option that is a text.
    static func text(_ text: String) -> [UInt8] { payload { $0.append(string: text) } }

    func blob() throws -> [UInt8] {
        var reader = WireReader(key.blob.rawSpan)
        _ = try reader.string()
        let fields = [UInt8](reader.rest())
        var buffer = ByteBuffer()
        buffer.append(string: KeyAlgorithm.certificate(key.algorithm).name)
        buffer.append(string: [UInt8](repeating: 9, count: 32))
        buffer.append(fields)
        buffer.append(serial)
        buffer.append(kind)
        buffer.append(string: keyID)
        buffer.appendString { list in for name in principals { list.append(string: name) } }
        buffer.append(validAfter)
        buffer.append(validBefore)
        for options in [critical, extensions] {
            buffer.appendString { list in
                for option in options {
                    list.append(string: option.name)
                    list.append(string: option.value)
                }
            }
        }
        buffer.append(string: "")
        buffer.append(string: authorityBlob ?? authority.publicKey.blob)
        let algorithm = algorithm ?? authority.publicKey.algorithm.signatureAlgorithms[0]
        buffer.append(string: try authority.sign(buffer.bytes, algorithm: algorithm))
        return buffer.array
    }

    func certificate() throws -> Certificate { try Certificate(blob: blob()) }

    /// A check that what is made here passes.
    static func check(_ kind: Certificate.Kind = .user, time: UInt64 = time) -> CertificateCheck {
        CertificateCheck(kind: kind, authorities: [authority.publicKey], time: time)
    }

    /// Why such a certificate is refused; nil when it is not.
    static func refusal(
        _ change: (inout CertificateMaker) -> Void, check: CertificateCheck = check(), principal: String = "ada"
    ) throws -> CertificateRefusal? {
        var maker = CertificateMaker()
        change(&maker)
        let certificate = try maker.certificate()
        do throws(CertificateRefusal) {
            _ = try check.judge(certificate, principal: principal)
            return nil
        } catch {
            return error
        }
    }
}
