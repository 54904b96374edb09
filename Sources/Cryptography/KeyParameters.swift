internal import COpenSSL

/// The parts of a key on their way to libcrypto (OSSL_PARAM_BLD(3)).
///
/// libcrypto keeps mere addresses of names and values until the list is made, so names are static and values are kept here.
@safe
struct KeyParameters: ~Copyable {
    let builder: OpaquePointer
    private var numbers: [BigNumber] = []
    private var octets: [UnsafeMutableBufferPointer<UInt8>] = unsafe []

    init() throws(CryptographyError) {
        unsafe builder = try OpenSSL.check(OSSL_PARAM_BLD_new(), "key parameters")
    }

    deinit {
        unsafe OSSL_PARAM_BLD_free(builder)
        // Allocated in `add(_:octets:)`.
        unsafe octets.forEach { unsafe $0.deallocate() }
    }

    /// Adds an integer. A secret one is wiped from the list when that goes.
    mutating func add(_ name: StaticString, _ number: BigNumber) throws(CryptographyError) {
        numbers.append(number)
        try OpenSSL.check(unsafe OSSL_PARAM_BLD_push_BN(builder, name.cString, number.pointer), "key parameter")
    }

    /// Adds a text.
    mutating func add(_ name: StaticString, text: StaticString) throws(CryptographyError) {
        try OpenSSL.check(
            unsafe OSSL_PARAM_BLD_push_utf8_string(builder, name.cString, text.cString, 0), "key parameter")
    }

    /// Adds bytes that are public.
    mutating func add(_ name: StaticString, octets bytes: [UInt8]) throws(CryptographyError) {
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = unsafe buffer.initialize(from: bytes)
        unsafe octets.append(buffer)
        try OpenSSL.check(
            unsafe OSSL_PARAM_BLD_push_octet_string(builder, name.cString, buffer.baseAddress, buffer.count),
            "key parameter")
    }
}
