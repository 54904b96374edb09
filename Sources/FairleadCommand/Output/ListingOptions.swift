/// How a listing looks.
package struct ListingOptions: Sendable, Hashable {
    package enum Form: Sendable, Hashable {
        /// Columns on a terminal, else one name a line.
        case columns
        case onePerLine
        case long
    }

    package enum Order: Sendable, Hashable {
        /// By the names' bytes, as `ls` in the POSIX locale.
        case name
        /// Newest first.
        case time
        /// Largest first.
        case size
    }

    package var form: Form = .columns
    package var order: Order = .name
    package var isReversed = false
    package var showsHidden = false
    package var hasHumanSizes = false

    package init(
        form: Form = .columns, order: Order = .name, isReversed: Bool = false, showsHidden: Bool = false,
        hasHumanSizes: Bool = false
    ) {
        self.form = form
        self.order = order
        self.isReversed = isReversed
        self.showsHidden = showsHidden
        self.hasHumanSizes = hasHumanSizes
    }
}
