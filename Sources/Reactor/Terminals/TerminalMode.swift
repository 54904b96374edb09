import CUV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A setting of a terminal by the numbers of RFC 4254 §8, which are the same on all systems.
package struct TerminalMode: Sendable, Hashable {
    package var opcode: UInt8
    package var argument: UInt32

    package init(opcode: UInt8, argument: UInt32) {
        self.opcode = opcode
        self.argument = argument
    }

    /// Where a special character is in `c_cc`; nil for one that this system does not have.
    fileprivate var character: Int? {
        let index: CInt? =
            switch opcode {
            case 1: VINTR
            case 2: VQUIT
            case 3: VERASE
            case 4: VKILL
            case 5: VEOF
            case 6: VEOL
            case 7: VEOL2
            case 8: VSTART
            case 9: VSTOP
            case 10: VSUSP
            case 12: VREPRINT
            case 13: VWERASE
            case 14: VLNEXT
            case 18: VDISCARD
            default: nil
            }
        return index.map(Int.init)
    }

    fileprivate var inputFlag: tcflag_t? {
        let flag: CInt? =
            switch opcode {
            case 30: CInt(IGNPAR)
            case 31: CInt(PARMRK)
            case 32: CInt(INPCK)
            case 33: CInt(ISTRIP)
            case 34: CInt(INLCR)
            case 35: CInt(IGNCR)
            case 36: CInt(ICRNL)
            case 38: CInt(IXON)
            case 39: CInt(IXANY)
            case 40: CInt(IXOFF)
            case 41: CInt(IMAXBEL)
            case 42: CInt(IUTF8)
            default: nil
            }
        return flag.map { tcflag_t($0) }
    }

    fileprivate var localFlag: tcflag_t? {
        let flag: CInt? =
            switch opcode {
            case 50: CInt(ISIG)
            case 51: CInt(ICANON)
            case 53: CInt(ECHO)
            case 54: CInt(ECHOE)
            case 55: CInt(ECHOK)
            case 56: CInt(ECHONL)
            case 58: CInt(TOSTOP)
            case 59: CInt(IEXTEN)
            case 60: CInt(ECHOCTL)
            case 61: CInt(ECHOKE)
            default: nil
            }
        return flag.map { tcflag_t($0) }
    }

    fileprivate var outputFlag: tcflag_t? {
        let flag: CInt? =
            switch opcode {
            case 70: CInt(OPOST)
            case 72: CInt(ONLCR)
            case 73: CInt(OCRNL)
            case 74: CInt(ONOCR)
            case 75: CInt(ONLRET)
            default: nil
            }
        return flag.map { tcflag_t($0) }
    }
}

extension termios {
    // _POSIX_VDISABLE, which the headers hide from Swift.
    #if os(Linux)
        private static let disabled: cc_t = 0
    #else
        private static let disabled: cc_t = 0xFF
    #endif

    /// Sets what `mode` says; what this system does not know, and the line's speed and parity, which a pseudo-terminal
    /// does not have, change nothing.
    mutating func apply(_ mode: TerminalMode) {
        if let index = mode.character {
            // 255 turns a character off (RFC 4254 §8), which the system does by a value of its own.
            let value = mode.argument == 255 ? Self.disabled : cc_t(truncatingIfNeeded: mode.argument)
            unsafe withUnsafeMutableBytes(of: &c_cc) { characters in
                if index < characters.count { unsafe characters[index] = value }
            }
        } else if let flag = mode.inputFlag {
            c_iflag = mode.argument == 0 ? c_iflag & ~flag : c_iflag | flag
        } else if let flag = mode.localFlag {
            c_lflag = mode.argument == 0 ? c_lflag & ~flag : c_lflag | flag
        } else if let flag = mode.outputFlag {
            c_oflag = mode.argument == 0 ? c_oflag & ~flag : c_oflag | flag
        }
    }
}
