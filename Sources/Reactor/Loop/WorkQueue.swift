/// What a loop runs between its I/O: a job of Swift's concurrency or a closure.
enum Work: Sendable {
    case job(UnownedJob)
    case closure(@Sendable () -> Void)
}

/// First in, first out; a slot is freed as soon as its work is taken.
struct WorkQueue {
    private var items: [Work?] = []
    private var head = 0

    var isEmpty: Bool { head == items.count }

    mutating func append(_ work: Work) {
        items.append(work)
    }

    mutating func append(contentsOf works: [Work]) {
        for work in works { items.append(work) }
    }

    mutating func popFirst() -> Work? {
        guard head < items.count else { return nil }
        let work = items[head].take()
        head += 1
        if head == items.count {
            items.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1024, head * 2 >= items.count {
            // Work that keeps adding work never empties the queue, so the taken slots have to go in between.
            items.removeFirst(head)
            head = 0
        }
        return work
    }
}
