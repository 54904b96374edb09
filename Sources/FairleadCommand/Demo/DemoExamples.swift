/// What lies in the folder of a demo host.
enum DemoExamples {
    static let folders = ["documents", "data", "data/measurements", "scripts", "empty"]

    static let files: [(name: String, content: [UInt8])] = [
        ("README.txt", Array(readme.utf8)),
        ("documents/letter.txt", Array(letter.utf8)),
        ("documents/naïve café.txt", Array("A name with letters beyond ASCII, in UTF-8.\n".utf8)),
        ("data/table.csv", Array(table.utf8)),
        ("data/measurements/noise.bin", noise),
        ("scripts/hello.sh", Array("#!/bin/sh\necho \"Hello from the demo host\"\n".utf8)),
    ]

    private static let readme = """
        This is Fairlead's demo host.

        It runs on your own machine, listens on 127.0.0.1 only, and everything in
        this folder is an example: read, change and delete what you like. When the
        demo stops, the folder goes.

          documents/   some text
          data/        a table, and 1 MiB of noise for transfers
          scripts/     a shell script, for hosts that were started with --allow-exec
          empty/       nothing

        """

    private static let letter = """
        Dear reader,

        a fairlead guides a rope where it has to go. This file wants to be copied:

          fairlead get TARGET:documents/letter.txt .

        """

    private static let table =
        "day,temperature,wind\n"
        + (1...28).map { day in
            "2026-02-\(day < 10 ? "0" : "")\(day),\(day * 7 % 13 - 4),\(day * 5 % 11)\n"
        }.joined()

    /// The same bytes each time, without a pattern that compresses (xorshift, Marsaglia 2003).
    private static let noise: [UInt8] = {
        var state: UInt64 = 0x2545_F491_4F6C_DD1D
        return (0..<1 << 20).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
    }()
}
