import Bytes
import SFTP
import Testing

@Suite("Request scheduler")
struct RequestSchedulerTests {
    typealias Scheduler = RequestScheduler<Int>

    static let pairs: [(RawPath, RawPath, Bool)] = [
        ("/", "/a", true), ("/a", "/a", true), ("/a", "/b", false), ("/a", "/a/b", true), ("/a/b", "/a", true),
        ("/a/b", "/a/c", false), ("/a", "/ab", false), ("/a/./b", "/a/b", true), ("/a/../b", "/b", true),
        ("/a/../b", "/a", false), ("/../..", "/x", true), ("//a//b", "/a/b", true), ("/a/b/..", "/a/c", true),
        ("/ab/c", "/a/bc", false),
    ]

    @Test("Paths are related when one is the other's or lies above it", arguments: pairs)
    func related(left: RawPath, right: RawPath, related: Bool) {
        #expect(PathKey(left).isRelated(to: PathKey(right)) == related)
        #expect(PathKey(right).isRelated(to: PathKey(left)) == related)
    }

    @Test("Paths of many levels cost no more than their limit, and are related below it")
    func deepPaths() {
        let deep = String(repeating: "/a", count: 5000)
        #expect(PathKey(RawPath(deep + "/b")).isRelated(to: PathKey(RawPath(deep + "/c"))))
        #expect(!PathKey(RawPath("/b" + deep)).isRelated(to: PathKey(RawPath(deep))))
    }

    private static let file = FileIdentity(device: 1, inode: 1)
    private static let other = FileIdentity(device: 1, inode: 2)

    private static func use(_ file: FileIdentity, _ path: RawPath, exclusive: Bool) -> Scheduler.Access {
        .files([.init(file, PathKey(path), exclusive: exclusive)])
    }

    private static func reading(_ file: FileIdentity, _ path: RawPath) -> Scheduler.Access {
        .files([.init(file, PathKey(path), exclusive: false, ordered: true)])
    }

    private static func path(_ path: RawPath, changing: Bool) -> Scheduler.Access {
        .paths([PathKey(path)], changing: changing)
    }

    /// Two pieces of work, and whether the second waits for the first.
    static let order: [(String, Scheduler.Access, Scheduler.Access, Bool)] = [
        ("fstat, fstat", use(file, "/a", exclusive: false), use(file, "/a", exclusive: false), false),
        ("read, read", reading(file, "/a"), reading(file, "/a"), true),
        ("read, read of another file", reading(file, "/a"), reading(other, "/b"), false),
        ("read, fstat", reading(file, "/a"), use(file, "/a", exclusive: false), false),
        ("fstat, read", use(file, "/a", exclusive: false), reading(file, "/a"), false),
        ("read, write", use(file, "/a", exclusive: false), use(file, "/a", exclusive: true), true),
        ("write, read", use(file, "/a", exclusive: true), use(file, "/a", exclusive: false), true),
        ("write, write", use(file, "/a", exclusive: true), use(file, "/a", exclusive: true), true),
        ("write, write by another name", use(file, "/a", exclusive: true), use(file, "/b", exclusive: true), true),
        ("write, write of another file", use(file, "/a", exclusive: true), use(other, "/b", exclusive: true), false),
        ("write, stat", use(file, "/a", exclusive: true), path("/a", changing: false), true),
        ("write, stat of the folder", use(file, "/d/a", exclusive: true), path("/d", changing: false), true),
        ("write, stat of another", use(file, "/d/a", exclusive: true), path("/d/b", changing: false), false),
        ("read, stat", use(file, "/a", exclusive: false), path("/a", changing: false), false),
        ("read, remove", use(file, "/a", exclusive: false), path("/a", changing: true), true),
        ("close, rename", use(file, "/a", exclusive: true), path("/a", changing: true), true),
        ("stat, write", path("/a", changing: false), use(file, "/a", exclusive: true), true),
        ("stat, read", path("/a", changing: false), use(file, "/a", exclusive: false), false),
        ("cut off, read", path("/a", changing: true), use(file, "/a", exclusive: false), true),
        ("mkdir, open in it", path("/d", changing: true), path("/d/a", changing: true), true),
        ("remove, rmdir", path("/d/a", changing: true), path("/d", changing: true), true),
        ("remove, remove", path("/d/a", changing: true), path("/d/b", changing: true), false),
        ("stat, stat", path("/d", changing: false), path("/d", changing: false), false),
        ("nothing, remove of the root", .nothing, path("/", changing: true), false),
    ]

    @Test("Work waits for what it would see the results of, and for nothing else", arguments: order)
    func pairsInOrder(name: String, first: Scheduler.Access, second: Scheduler.Access, waits: Bool) throws {
        var scheduler = Scheduler()
        scheduler.add(1, first)
        scheduler.add(2, second)
        let first = scheduler.takeReady()
        let one = try #require(first)
        #expect(one.1 == 1)
        let two = scheduler.takeReady()
        #expect((two == nil) == waits, "\(name)")
        scheduler.finish(one.0)
        let third = scheduler.takeReady()?.1
        #expect(third == (waits ? 2 : nil))
    }

    /// Work for the simulation, with what the oracle has to know.
    private struct Sample {
        var files: [(Int, Bool)] = []
        var filePath: [String] = []
        var paths: [[String]] = []
        var changes = false

        static func areRelated(_ left: [String], _ right: [String]) -> Bool {
            let count = min(left.count, right.count)
            return left.prefix(count) == right.prefix(count)
        }

        func conflicts(with other: Sample) -> Bool {
            for (file, exclusive) in files {
                for (otherFile, otherExclusive) in other.files
                where file == otherFile && (exclusive || otherExclusive) { return true }
                if other.paths.contains(where: { Self.areRelated(filePath, $0) }), exclusive || other.changes {
                    return true
                }
            }
            for (_, exclusive) in other.files
            where exclusive || changes {
                if paths.contains(where: { Self.areRelated($0, other.filePath) }) { return true }
            }
            return (changes || other.changes)
                && paths.contains { path in other.paths.contains { Self.areRelated(path, $0) } }
        }
    }

    private static func randomSample(_ generator: inout SeededGenerator) -> (Sample, Scheduler.Access) {
        func randomPath() -> [String] {
            (0..<Int.random(in: 0...3, using: &generator)).map { _ in ["a", "b"].randomElement(using: &generator)! }
        }
        func key(_ path: [String]) -> PathKey { PathKey(RawPath("/" + path.joined(separator: "/"))) }
        var sample = Sample()
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<5:
            // One file has one path here, as most do.
            let file = Int.random(in: 0..<4, using: &generator)
            sample.filePath = [["a"], ["a", "b"], ["b", "b", "a"], ["b"]][file]
            sample.files = [(file, .random(using: &generator))]
            let use = Scheduler.Access.Use(
                FileIdentity(device: 0, inode: UInt64(file)), key(sample.filePath), exclusive: sample.files[0].1)
            return (sample, .files([use]))
        case 5: return (sample, .nothing)
        case _:
            sample.paths = (0..<Int.random(in: 1...2, using: &generator)).map { _ in randomPath() }
            sample.changes = .random(using: &generator)
            return (sample, .paths(sample.paths.map(key), changing: sample.changes))
        }
    }

    @Test("In any order of ends, nothing starts before what it conflicts with, and all of it runs", arguments: 1...20)
    func simulation(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var scheduler = Scheduler()
        var samples: [Sample] = []
        var unfinished = Set<Int>()
        var running: [(Scheduler.ID, Int)] = []
        var finishedCount = 0
        while finishedCount < 300 {
            let action = Int.random(in: 0..<3, using: &generator)
            if action == 0, samples.count < 300 {
                let (sample, access) = Self.randomSample(&generator)
                scheduler.add(samples.count, access)
                unfinished.insert(samples.count)
                samples.append(sample)
            } else if action == 1, let (id, work) = scheduler.takeReady() {
                for earlier in unfinished where earlier < work {
                    #expect(!samples[earlier].conflicts(with: samples[work]), "\(work) overtook \(earlier)")
                }
                if Int.random(in: 0..<8, using: &generator) == 0 {
                    scheduler.yield(id, work)
                } else {
                    running.append((id, work))
                }
            } else if !running.isEmpty {
                let (id, work) = running.remove(at: Int.random(in: 0..<running.count, using: &generator))
                scheduler.finish(id)
                unfinished.remove(work)
                finishedCount += 1
            } else if samples.count == 300, running.isEmpty {
                let readyCount = scheduler.readyCount
                #expect(readyCount > 0, "a deadlock")
                if scheduler.readyCount == 0 { return }
            }
            // What is ready is exactly what conflicts with nothing before it that is not done.
            let isRunning = Set(running.map(\.1))
            let free = unfinished.filter { work in
                !isRunning.contains(work)
                    && !unfinished.contains { $0 < work && samples[$0].conflicts(with: samples[work]) }
            }
            let readyCount = scheduler.readyCount
            #expect(free.count == readyCount)
        }
        let left = scheduler.count
        #expect(left == 0)
    }

    @Test("Work is extended only while it has not started and nobody waits for it")
    func extending() throws {
        var scheduler = RequestScheduler<[Int]>()
        func extend(_ number: Int, exclusive: Bool) -> Bool {
            scheduler.extendLast(on: Self.file, exclusive: exclusive) { work in
                work.append(number)
                return true
            }
        }
        func expectExtension(_ number: Int, exclusive: Bool, _ expected: Bool) {
            let isExtended = extend(number, exclusive: exclusive)
            #expect(isExtended == expected, "\(number)")
        }
        func add(_ number: Int, exclusive: Bool) {
            scheduler.add([number], .files([.init(Self.file, PathKey("/a"), exclusive: exclusive)]))
        }
        expectExtension(0, exclusive: true, false)
        add(1, exclusive: true)
        expectExtension(2, exclusive: true, true)
        expectExtension(9, exclusive: false, false)
        let taken = scheduler.takeReady()
        let (id, work) = try #require(taken)
        #expect(work == [1, 2])
        expectExtension(9, exclusive: true, false)
        add(3, exclusive: true)
        expectExtension(4, exclusive: true, true)
        scheduler.add([7], .paths([PathKey("/a")], changing: false))
        // The path's work has to see the file as it is now.
        expectExtension(9, exclusive: true, false)
        add(5, exclusive: false)
        expectExtension(6, exclusive: false, true)
        // Writes do not overtake reads.
        expectExtension(9, exclusive: true, false)
        scheduler.finish(id)
        let next = scheduler.takeReady()?.1
        #expect(next == [3, 4])
    }

    @Test("A file that is opened by ever more names holds no more keys than its limit")
    func manyNames() throws {
        var scheduler = Scheduler()
        for number in 0..<100 {
            scheduler.add(number, Self.use(Self.file, RawPath("/name\(number)"), exclusive: true))
        }
        scheduler.add(100, Self.path("/elsewhere", changing: false))
        for number in 0...100 {
            let taken = scheduler.takeReady()
            let (id, work) = try #require(taken)
            #expect(work == number)
            scheduler.finish(id)
        }
    }
}
