/// The first byte of a payload: which message it is (RFC 4250 §4.1.2).
package struct MessageNumber: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package var rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    // Transport layer, generic (RFC 4253 §12).
    package static let disconnect = MessageNumber(rawValue: 1)
    package static let ignore = MessageNumber(rawValue: 2)
    package static let unimplemented = MessageNumber(rawValue: 3)
    package static let debug = MessageNumber(rawValue: 4)
    package static let serviceRequest = MessageNumber(rawValue: 5)
    package static let serviceAccept = MessageNumber(rawValue: 6)
    /// RFC 8308 §2.3.
    package static let extensionInfo = MessageNumber(rawValue: 7)
    package static let newCompress = MessageNumber(rawValue: 8)
    package static let keyExchangeInit = MessageNumber(rawValue: 20)
    package static let newKeys = MessageNumber(rawValue: 21)
    /// 30 to 49 belong to the key exchange method in use.
    package static let keyExchangeMethod: ClosedRange<UInt8> = 30...49

    // User authentication (RFC 4252 §6); 60 to 79 belong to the method in use.
    package static let userAuthRequest = MessageNumber(rawValue: 50)
    package static let userAuthFailure = MessageNumber(rawValue: 51)
    package static let userAuthSuccess = MessageNumber(rawValue: 52)
    package static let userAuthBanner = MessageNumber(rawValue: 53)
    package static let userAuthPublicKeyOK = MessageNumber(rawValue: 60)
    package static let userAuthPasswordChangeRequest = MessageNumber(rawValue: 60)
    package static let userAuthInfoRequest = MessageNumber(rawValue: 60)
    package static let userAuthInfoResponse = MessageNumber(rawValue: 61)

    // Connection protocol (RFC 4254 §9).
    package static let globalRequest = MessageNumber(rawValue: 80)
    package static let requestSuccess = MessageNumber(rawValue: 81)
    package static let requestFailure = MessageNumber(rawValue: 82)
    package static let channelOpen = MessageNumber(rawValue: 90)
    package static let channelOpenConfirmation = MessageNumber(rawValue: 91)
    package static let channelOpenFailure = MessageNumber(rawValue: 92)
    package static let channelWindowAdjust = MessageNumber(rawValue: 93)
    package static let channelData = MessageNumber(rawValue: 94)
    package static let channelExtendedData = MessageNumber(rawValue: 95)
    package static let channelEOF = MessageNumber(rawValue: 96)
    package static let channelClose = MessageNumber(rawValue: 97)
    package static let channelRequest = MessageNumber(rawValue: 98)
    package static let channelSuccess = MessageNumber(rawValue: 99)
    package static let channelFailure = MessageNumber(rawValue: 100)

    // OpenSSH PROTOCOL §1.9 "transport: ping facility".
    package static let ping = MessageNumber(rawValue: 192)
    package static let pong = MessageNumber(rawValue: 193)

    package var description: String { "message \(rawValue)" }
}
