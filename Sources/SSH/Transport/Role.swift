/// Which side of a connection this is.
package enum Role: Sendable {
    case client
    case server
}
