extension String {
    /// The text as one word of a POSIX shell, whatever is in it (POSIX.1-2017, Shell and Utilities §2.2.2).
    ///
    /// Goes by scalars: a quote with a combining mark behind it is one `Character`, which is no quote to Swift and is one
    /// to a shell.
    package var shellQuoted: String {
        var word = "'"
        for scalar in unicodeScalars {
            if scalar == "'" {
                word += #"'\''"#
            } else {
                word.unicodeScalars.append(scalar)
            }
        }
        return word + "'"
    }
}
