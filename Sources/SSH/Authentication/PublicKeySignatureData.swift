import Bytes

/// What a client signs to prove that it holds a key (RFC 4252 §7).
///
/// | field | type |
/// |---|---|
/// | session identifier | string |
/// | SSH_MSG_USERAUTH_REQUEST (50) | byte |
/// | user name | string |
/// | service name | string |
/// | `publickey` | string |
/// | TRUE | boolean |
/// | signature algorithm | string |
/// | public key | string |
package enum PublicKeySignatureData {
    /// The bytes to sign, or to verify a signature over.
    package static func make(
        sessionID: [UInt8], user: String, service: String, algorithm: String, key: [UInt8]
    ) -> [UInt8] {
        var data = ByteBuffer(capacity: sessionID.count + key.count + 256)
        data.append(string: sessionID)
        let request = UserAuthRequest.Encoder(user: user, service: service)
        request.appendSignedPart(to: &data, algorithm: algorithm, key: key)
        return data.array
    }
}
