package import Bytes

/// SSH_MSG_USERAUTH_REQUEST as a server reads it (RFC 4252 §5, §7, §8; RFC 4256 §3.1).
///
/// | field | type |
/// |---|---|
/// | 50 | byte |
/// | user name | string, UTF-8 |
/// | service name | string |
/// | method name | string |
/// | what the method needs | see `Method` |
package struct UserAuthRequest: Hashable, Sendable {
    /// What follows the method's name. Secrets are not copied: their cases hold the places in the payload.
    package enum Method: Hashable, Sendable {
        case none
        /// `boolean` FALSE, `string` algorithm, `string` key: would this key do?
        case publicKeyQuery(algorithm: String, key: [UInt8])
        /// `boolean` TRUE, `string` algorithm, `string` key, `string` signature.
        case publicKey(algorithm: String, key: [UInt8], signature: [UInt8])
        /// `boolean` FALSE, `string` password.
        case password(Range<Int>)
        /// `boolean` TRUE, `string` old password, `string` new password.
        case passwordChange(old: Range<Int>, new: Range<Int>)
        /// `string` language, `string` submethods.
        case keyboardInteractive(language: String, submethods: [String])
        /// A method that there is no code for; what follows its name is not read.
        case other(String)
    }

    package var user: String
    package var service: String
    package var method: Method

    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        try reader.expectAuthenticationMessage(.userAuthRequest)
        user = try reader.text(limit: AuthenticationLimits.userLength)
        service = try reader.text(limit: AuthenticationLimits.nameLength)
        let name = try reader.text(limit: AuthenticationLimits.nameLength)
        switch AuthenticationMethod(name: name) {
        case .none:
            method = .none
        case .publicKey:
            let isSigned = try reader.boolean()
            let algorithm = try reader.text(limit: AuthenticationLimits.nameLength)
            let key = try reader.bytes(limit: AuthenticationLimits.keyLength)
            if isSigned {
                let signature = try reader.bytes(limit: AuthenticationLimits.signatureLength)
                method = .publicKey(algorithm: algorithm, key: key, signature: signature)
            } else {
                method = .publicKeyQuery(algorithm: algorithm, key: key)
            }
        case .password:
            let isChange = try reader.boolean()
            let password = try reader.stringRange(limit: AuthenticationLimits.secretLength)
            if isChange {
                let new = try reader.stringRange(limit: AuthenticationLimits.secretLength)
                method = .passwordChange(old: password, new: new)
            } else {
                method = .password(password)
            }
        case .keyboardInteractive:
            let language = try reader.text(limit: AuthenticationLimits.nameLength)
            let submethods = try reader.nameList(limit: AuthenticationLimits.submethodCount)
            method = .keyboardInteractive(language: language, submethods: submethods)
        case .other(let name):
            method = .other(name)
            return
        }
        try reader.expectEnd()
    }
}

extension UserAuthRequest {
    /// Writes the requests of one user for one service.
    package struct Encoder: Hashable, Sendable {
        package let user: String
        package let service: String

        package init(user: String, service: String) {
            self.user = user
            self.service = service
        }

        private func appendHead(to payload: inout ByteBuffer, _ method: AuthenticationMethod) {
            payload.append(MessageNumber.userAuthRequest.rawValue)
            payload.append(string: user)
            payload.append(string: service)
            payload.append(string: method.name)
        }

        package func appendNone(to payload: inout ByteBuffer) {
            appendHead(to: &payload, .none)
        }

        package func appendPublicKeyQuery(to payload: inout ByteBuffer, algorithm: String, key: [UInt8]) {
            appendHead(to: &payload, .publicKey)
            payload.append(boolean: false)
            payload.append(string: algorithm)
            payload.append(string: key)
        }

        /// Everything of a signed request but the signature: what the signature covers, behind the session identifier.
        func appendSignedPart(to payload: inout ByteBuffer, algorithm: String, key: [UInt8]) {
            appendHead(to: &payload, .publicKey)
            payload.append(boolean: true)
            payload.append(string: algorithm)
            payload.append(string: key)
        }

        package func appendPublicKey(
            to payload: inout ByteBuffer, algorithm: String, key: [UInt8], signature: [UInt8]
        ) {
            appendSignedPart(to: &payload, algorithm: algorithm, key: key)
            payload.append(string: signature)
        }

        /// `password` writes the secret's bytes.
        package func appendPassword(to payload: inout ByteBuffer, password: (inout ByteBuffer) -> Void) {
            appendHead(to: &payload, .password)
            payload.append(boolean: false)
            payload.appendSecret(password)
        }

        /// `old` and `new` write the secrets' bytes.
        package func appendPasswordChange(
            to payload: inout ByteBuffer, old: (inout ByteBuffer) -> Void, new: (inout ByteBuffer) -> Void
        ) {
            appendHead(to: &payload, .password)
            payload.append(boolean: true)
            payload.appendSecret(old)
            payload.appendSecret(new)
        }

        package func appendKeyboardInteractive(to payload: inout ByteBuffer, submethods: [String]) {
            appendHead(to: &payload, .keyboardInteractive)
            // The language tag is deprecated and should be empty (RFC 4256 §3.1).
            payload.append(string: "")
            payload.append(nameList: submethods)
        }
    }
}

extension ByteBuffer {
    /// How much room a secret is given ahead, in bytes, so that the buffer seldom moves with one in it.
    private static let secretRoom = 1024

    /// Appends a `string` whose bytes `secret` writes.
    mutating func appendSecret(_ secret: (inout ByteBuffer) -> Void) {
        reserve(Self.secretRoom)
        appendString(secret)
    }
}
