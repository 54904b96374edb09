#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The size of a terminal, in characters and in pixels; pixels are 0 when unknown (RFC 4254 §6.2).
package struct TerminalSize: Sendable, Hashable {
    package var columns: UInt16
    package var rows: UInt16
    package var pixelWidth: UInt16
    package var pixelHeight: UInt16

    package init(columns: UInt16, rows: UInt16, pixelWidth: UInt16 = 0, pixelHeight: UInt16 = 0) {
        self.columns = columns
        self.rows = rows
        self.pixelWidth = pixelWidth
        self.pixelHeight = pixelHeight
    }

    init(_ size: winsize) {
        self.init(columns: size.ws_col, rows: size.ws_row, pixelWidth: size.ws_xpixel, pixelHeight: size.ws_ypixel)
    }

    var system: winsize { winsize(ws_row: rows, ws_col: columns, ws_xpixel: pixelWidth, ws_ypixel: pixelHeight) }
}
