package import Bytes

/// SSH_MSG_USERAUTH_INFO_RESPONSE: `byte` 61, `int` number, and a `string` for each answer (RFC 4256 §3.4).
package struct UserAuthInfoResponse: Hashable, Sendable {
    /// The places of the answers in the payload: they may be secret, and are not copied.
    package var answers: [Range<Int>]

    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        try reader.expectAuthenticationMessage(.userAuthInfoResponse)
        let count = Int(try reader.integer(UInt32.self))
        guard count <= AuthenticationLimits.promptCount else {
            throw .tooLong(count, limit: AuthenticationLimits.promptCount)
        }
        answers = []
        for _ in 0..<count { answers.append(try reader.stringRange(limit: AuthenticationLimits.secretLength)) }
        try reader.expectEnd()
    }

    /// Writes `count` answers; `answer` is called for each in order and writes its bytes.
    package static func encode(
        into payload: inout ByteBuffer, count: Int, _ answer: (Int, inout ByteBuffer) -> Void
    ) {
        payload.append(MessageNumber.userAuthInfoResponse.rawValue)
        payload.append(UInt32(count))
        for index in 0..<count {
            payload.appendSecret { answer(index, &$0) }
        }
    }
}
