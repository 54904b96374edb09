/// The one owner of a descriptor, which is closed with it.
struct Descriptor: ~Copyable {
    let number: CInt

    init(_ number: CInt) {
        self.number = number
    }

    deinit {
        File.closeDescriptor(number)
    }

    /// Hands the descriptor over: the caller closes it.
    consuming func release() -> CInt {
        let number = number
        discard self
        return number
    }
}
