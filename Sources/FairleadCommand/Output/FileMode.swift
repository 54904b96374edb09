/// The permission bits and kind of a file (POSIX.1-2017 <sys/stat.h>).
package enum FileMode {
    /// Reads an octal mode of one to four digits: `755`, `0644`, `2775`.
    package static func parse(_ text: String) -> UInt32? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x37).contains($0) }) else {
            return nil
        }
        return UInt32(text, radix: 8)
    }

    /// As `ls -l`: `drwxr-xr-x`, `-rwsr-xr-x`, `drwxrwxrwt`; `kind` is the first character.
    package static func text(kind: Character, permissions: UInt32) -> String {
        var text = String(kind)
        for (shift, special, letter) in [(6, 0o4000, "s"), (3, 0o2000, "s"), (0, 0o1000, "t")]
            as [(UInt32, UInt32, String)]
        {
            let bits = permissions >> shift
            text += bits & 4 != 0 ? "r" : "-"
            text += bits & 2 != 0 ? "w" : "-"
            switch (permissions & special != 0, bits & 1 != 0) {
            case (true, true): text += letter
            case (true, false): text += letter.uppercased()
            case (false, true): text += "x"
            case (false, false): text += "-"
            }
        }
        return text
    }
}
