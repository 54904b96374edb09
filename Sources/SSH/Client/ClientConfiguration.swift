/// How a client connection behaves.
@dynamicMemberLookup
package struct ClientConfiguration: Sendable {
    package var connection = ConnectionConfiguration()
    /// How long the exchange of identifications and keys may take, with the user's decision about the host key left out.
    package var handshakeTimeout: Duration = .seconds(30)
    /// How long one step of authentication may take without the user, from our message to the server's answer.
    package var authenticationTimeout: Duration = .seconds(60)

    package init() {}

    package subscript<Value>(dynamicMember path: WritableKeyPath<ConnectionConfiguration, Value>) -> Value {
        get { connection[keyPath: path] }
        set { connection[keyPath: path] = newValue }
    }
}
