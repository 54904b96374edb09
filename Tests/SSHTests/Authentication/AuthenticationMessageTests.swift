import Bytes
import SSH
import Testing

/// One message with its bytes.
struct MessageSample: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    /// Decodes, and encodes what came out; secrets are taken from the places that the decoder names.
    let recode: @Sendable (RawSpan) throws(WireError) -> [UInt8]
    var testDescription: String { name }

    init(_ name: String, _ bytes: [UInt8], _ recode: @escaping @Sendable (RawSpan) throws(WireError) -> [UInt8]) {
        self.name = name
        self.bytes = bytes
        self.recode = recode
    }
}

private func encoded(_ write: (inout ByteBuffer) -> Void) -> [UInt8] {
    var payload = ByteBuffer()
    write(&payload)
    return payload.array
}

@Sendable private func recodeRequest(_ payload: RawSpan) throws(WireError) -> [UInt8] {
    let request = try UserAuthRequest(decoding: payload)
    let encoder = UserAuthRequest.Encoder(user: request.user, service: request.service)
    func secret(_ range: Range<Int>) -> [UInt8] { [UInt8](payload.extracting(range)) }
    switch request.method {
    case .none: return encoded { encoder.appendNone(to: &$0) }
    case .publicKeyQuery(let algorithm, let key):
        return encoded { encoder.appendPublicKeyQuery(to: &$0, algorithm: algorithm, key: key) }
    case .publicKey(let algorithm, let key, let signature):
        return encoded { encoder.appendPublicKey(to: &$0, algorithm: algorithm, key: key, signature: signature) }
    case .password(let range):
        let password = secret(range)
        return encoded { encoder.appendPassword(to: &$0) { $0.append(password) } }
    case .passwordChange(let oldRange, let newRange):
        let (old, new) = (secret(oldRange), secret(newRange))
        return encoded { encoder.appendPasswordChange(to: &$0, old: { $0.append(old) }, new: { $0.append(new) }) }
    case .keyboardInteractive(_, let submethods):
        return encoded { encoder.appendKeyboardInteractive(to: &$0, submethods: submethods) }
    case .other(let name): throw .malformed(name)
    }
}

@Sendable private func recodeResponse(_ payload: RawSpan) throws(WireError) -> [UInt8] {
    let answers = try UserAuthInfoResponse(decoding: payload).answers.map { [UInt8](payload.extracting($0)) }
    return encoded { UserAuthInfoResponse.encode(into: &$0, count: answers.count) { $1.append(answers[$0]) } }
}

private let samples: [MessageSample] = [
    MessageSample("SERVICE_REQUEST", [5, 0, 0, 0, 12] + Array("ssh-userauth".utf8)) { payload throws(WireError) in
        let message = try ServiceRequest(decoding: payload)
        return encoded { message.encode(into: &$0) }
    },
    MessageSample("SERVICE_ACCEPT", [6, 0, 0, 0, 12] + Array("ssh-userauth".utf8)) { payload throws(WireError) in
        let message = try ServiceAccept(decoding: payload)
        return encoded { message.encode(into: &$0) }
    },
    MessageSample("USERAUTH_FAILURE", [51, 0, 0, 0, 18] + Array("publickey,password".utf8) + [1]) {
        payload throws(WireError) in
        let message = try UserAuthFailure(decoding: payload)
        return encoded { message.encode(into: &$0) }
    },
    MessageSample("USERAUTH_FAILURE without methods", [51, 0, 0, 0, 0, 0]) { payload throws(WireError) in
        let message = try UserAuthFailure(decoding: payload)
        return encoded { message.encode(into: &$0) }
    },
    MessageSample("USERAUTH_SUCCESS", [52]) { payload throws(WireError) in
        let message = try UserAuthSuccess(decoding: payload)
        return encoded { message.encode(into: &$0) }
    },
    MessageSample("USERAUTH_BANNER", [53, 0, 0, 0, 3, 0x68, 0x69, 10, 0, 0, 0, 2, 0x65, 0x6E]) {
        payload throws(WireError) in
        let message = try UserAuthBanner(decoding: payload)
        return encoded { message.encode(into: &$0) }
    },
    MessageSample("USERAUTH_PK_OK", [60, 0, 0, 0, 1, 0x61, 0, 0, 0, 2, 0xFE, 0xFF]) { payload throws(WireError) in
        let message = try UserAuthPublicKeyOK(decoding: payload)
        return encoded { message.encode(into: &$0) }
    },
    MessageSample("USERAUTH_PASSWD_CHANGEREQ", [60, 0, 0, 0, 1, 0x61, 0, 0, 0, 0]) { payload throws(WireError) in
        let message = try UserAuthPasswordChangeRequest(decoding: payload)
        return encoded { message.encode(into: &$0) }
    },
    MessageSample(
        "USERAUTH_INFO_REQUEST",
        [60, 0, 0, 0, 1, 0x6E, 0, 0, 0, 1, 0x69, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0x70, 0, 0, 0, 0, 0, 1]
    ) { payload throws(WireError) in
        let message = try UserAuthInfoRequest(decoding: payload)
        return encoded { message.encode(into: &$0) }
    },
    MessageSample("USERAUTH_INFO_RESPONSE", [61, 0, 0, 0, 2, 0, 0, 0, 1, 0x78, 0, 0, 0, 0], recodeResponse),
    MessageSample("none", ClientSays.none, recodeRequest),
    MessageSample("public key query", ClientSays.query(), recodeRequest),
    MessageSample("signed request", ClientSays.signed(), recodeRequest),
    MessageSample("password", ClientSays.password(), recodeRequest),
    MessageSample("password change", ClientSays.change(), recodeRequest),
    MessageSample("keyboard-interactive", ClientSays.interactive, recodeRequest),
    MessageSample(
        "keyboard-interactive with submethods",
        ClientSays.head + sshString("keyboard-interactive") + sshString("") + sshString("pam,otp"), recodeRequest),
]

@Suite("Authentication messages")
struct AuthenticationMessageTests {
    @Test("A message decodes and encodes to the same bytes", arguments: samples)
    func bytes(sample: MessageSample) throws {
        #expect(try sample.recode(sample.bytes.rawSpan) == sample.bytes)
    }

    @Test("A message that is cut off anywhere, or has a byte too many, is refused", arguments: samples)
    func truncation(sample: MessageSample) {
        for count in 0..<sample.bytes.count {
            #expect(throws: WireError.self, "\(count) bytes") {
                try sample.recode(Array(sample.bytes.prefix(count)).rawSpan)
            }
        }
        #expect(throws: WireError.trailingBytes(1)) { try sample.recode((sample.bytes + [0]).rawSpan) }
    }

    @Test("A message with another number is refused", arguments: samples)
    func number(sample: MessageSample) {
        var bytes = sample.bytes
        bytes[0] = 99
        #expect(throws: WireError.malformed("another message than message \(sample.bytes[0])")) {
            try sample.recode(bytes.rawSpan)
        }
    }

    @Test("Fields are where the RFCs put them")
    func fields() throws {
        let failure = try UserAuthFailure(
            decoding: ServerSays.failure(["publickey", "gssapi-with-mic"], partial: true).rawSpan)
        #expect(failure == UserAuthFailure(methods: [.publicKey, .other("gssapi-with-mic")], isPartialSuccess: true))
        let info = try UserAuthInfoRequest(
            decoding: ServerSays.infoRequest(name: "n", instruction: "i", [("a", true), ("b", false)]).rawSpan)
        #expect(info.name == "n")
        #expect(info.instruction == "i")
        #expect(info.prompts == [.init(text: "a", echo: true), .init(text: "b", echo: false)])
        let signed = try UserAuthRequest(decoding: ClientSays.signed().rawSpan)
        #expect(signed.user == "ada")
        #expect(signed.service == "ssh-connection")
        #expect(
            signed.method
                == .publicKey(algorithm: SampleKey.algorithm, key: SampleKey.blob, signature: SampleKey.signature))
    }

    @Test("Secrets are not copied out of a request: the decoder names their places")
    func secrets() throws {
        let request = try UserAuthRequest(decoding: ClientSays.change("old one", "new one").rawSpan)
        guard case .passwordChange(let old, let new) = request.method else {
            Issue.record("decoded as \(request.method)")
            return
        }
        let bytes = ClientSays.change("old one", "new one")
        #expect(String(decoding: bytes[old], as: UTF8.self) == "old one")
        #expect(String(decoding: bytes[new], as: UTF8.self) == "new one")
    }

    @Test("A method without code is decoded by name, whatever follows")
    func otherMethod() throws {
        let bytes = ClientSays.head + sshString("hostbased") + [1, 2, 3]
        #expect(try UserAuthRequest(decoding: bytes.rawSpan).method == .other("hostbased"))
    }

    @Test("Messages with random contents survive the way there and back")
    func roundTrip() throws {
        var random = SystemRandomNumberGenerator()
        func text() -> String {
            String(
                String.UnicodeScalarView(
                    (0..<Int.random(in: 0...40, using: &random)).map { _ in
                        Unicode.Scalar(UInt32.random(in: 0..<0xD800, using: &random)) ?? "?"
                    }))
        }
        func bytes() -> [UInt8] {
            (0..<Int.random(in: 0...200, using: &random)).map { _ in .random(in: 0...255, using: &random) }
        }
        for _ in 0..<200 {
            let prompts = (0..<Int.random(in: 0...64, using: &random)).map { _ in
                UserAuthInfoRequest.Prompt(text: text(), echo: .random(using: &random))
            }
            let info = UserAuthInfoRequest(name: text(), instruction: text(), prompts: prompts)
            #expect(try UserAuthInfoRequest(decoding: encoded { info.encode(into: &$0) }.rawSpan) == info)
            let banner = UserAuthBanner(message: text())
            #expect(try UserAuthBanner(decoding: encoded { banner.encode(into: &$0) }.rawSpan) == banner)
            let accepted = UserAuthPublicKeyOK(algorithm: "rsa-sha2-512", key: bytes())
            #expect(try UserAuthPublicKeyOK(decoding: encoded { accepted.encode(into: &$0) }.rawSpan) == accepted)
            let (user, key, signature) = (text(), bytes(), bytes())
            let encoder = UserAuthRequest.Encoder(user: user, service: "s")
            let request = encoded { encoder.appendPublicKey(to: &$0, algorithm: "a", key: key, signature: signature) }
            #expect(try UserAuthRequest(decoding: request.rawSpan).user == user)
            #expect(
                try UserAuthRequest(decoding: request.rawSpan).method
                    == .publicKey(algorithm: "a", key: key, signature: signature))
            let answers = (0..<Int.random(in: 0...64, using: &random)).map { _ in bytes() }
            let response = encoded {
                UserAuthInfoResponse.encode(into: &$0, count: answers.count) { $1.append(answers[$0]) }
            }
            let places = try UserAuthInfoResponse(decoding: response.rawSpan).answers
            #expect(places.map { Array(response[$0]) } == answers)
        }
    }

    @Test("What is longer than its limit is refused before anything is copied")
    func limits() {
        let many = [UInt8](repeating: 0, count: 3)
        #expect(throws: WireError.tooLong(65, limit: 64)) {
            try UserAuthInfoRequest(decoding: ([60] + [UInt8](repeating: 0, count: 15) + [65] + many).rawSpan)
        }
        #expect(throws: WireError.tooLong(0xFFFF_FFFF, limit: 64)) {
            try UserAuthInfoResponse(decoding: [61, 255, 255, 255, 255].rawSpan)
        }
        #expect(throws: WireError.tooLong(0xFFFF_FFFF, limit: 256 << 10)) {
            try UserAuthBanner(decoding: [53, 255, 255, 255, 255].rawSpan)
        }
        #expect(throws: WireError.tooLong(1025, limit: 1024)) {
            try UserAuthRequest(decoding: ([50] + sshString([UInt8](repeating: 97, count: 1025))).rawSpan)
        }
        let methods = [String](repeating: "m", count: 65)
        #expect(throws: WireError.tooLong(65, limit: 64)) {
            try UserAuthFailure(decoding: ServerSays.failure(methods).rawSpan)
        }
    }

    @Test("The data of a signature is the session identifier and the request up to the signature")
    func signatureData() {
        let data = PublicKeySignatureData.make(
            sessionID: [0xAA, 0xBB], user: "u", service: "s", algorithm: "alg", key: [1, 2, 3])
        var expected: [UInt8] = [0, 0, 0, 2, 0xAA, 0xBB, 50, 0, 0, 0, 1, 0x75, 0, 0, 0, 1, 0x73, 0, 0, 0, 9]
        expected += Array("publickey".utf8)
        expected += [1, 0, 0, 0, 3, 0x61, 0x6C, 0x67, 0, 0, 0, 3, 1, 2, 3]
        #expect(data == expected)
    }
}
