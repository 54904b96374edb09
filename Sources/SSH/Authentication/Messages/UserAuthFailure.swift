package import Bytes

/// SSH_MSG_USERAUTH_FAILURE: `byte` 51, `name-list` methods that can continue, `boolean` partial success (RFC 4252 §5.1).
package struct UserAuthFailure: Hashable, Sendable {
    package var methods: [AuthenticationMethod]
    /// Whether the request succeeded and more is wanted.
    package var isPartialSuccess: Bool

    package init(methods: [AuthenticationMethod], isPartialSuccess: Bool = false) {
        self.methods = methods
        self.isPartialSuccess = isPartialSuccess
    }

    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        try reader.expectAuthenticationMessage(.userAuthFailure)
        methods = try reader.nameList(limit: AuthenticationLimits.methodCount).map(AuthenticationMethod.init(name:))
        isPartialSuccess = try reader.boolean()
        try reader.expectEnd()
    }

    package func encode(into payload: inout ByteBuffer) {
        payload.append(MessageNumber.userAuthFailure.rawValue)
        payload.append(nameList: methods.map(\.name))
        payload.append(boolean: isPartialSuccess)
    }
}
