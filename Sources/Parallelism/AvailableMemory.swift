internal import Foundation

/// How much memory this process may use, and why.
///
/// The least of the machine's memory, the limits of the control groups, and what the limit of the
/// address space (`ulimit -v`) leaves beside what is mapped already.
public struct AvailableMemory: Sendable, Hashable {
  /// The memory for data, in bytes.
  public let bytes: UInt64
  /// What decided, in words that follow "because of".
  public let reason: String
  /// What the limit of the address space leaves for everything; nil without a limit.
  public let addressSpace: UInt64?

  /// The memory of this process as it was when it was first asked for.
  public static let initial = current()

  /// The memory of this process, as it is now.
  public static func current() -> AvailableMemory {
    var limit = rlimit()
    let isLimited = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0
    return AvailableMemory(
      physical: ProcessInfo.processInfo.physicalMemory,
      controlGroup: ControlGroup.current().memoryLimit,
      addressSpaceLimit: isLimited && limit.rlim_cur < 1 << 62 ? UInt64(limit.rlim_cur) : nil,
      mapped: Self.mappedBytes(
        statm: readText("/proc/self/statm") ?? "",
        pageSize: UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))))
  }

  /// Decides.
  ///
  /// - Parameters:
  ///   - physical: The machine's memory.
  ///   - controlGroup: The limit of the control groups; nil for none.
  ///   - addressSpaceLimit: The limit of the address space; nil for none.
  ///   - mapped: How much of that is in use.
  package init(physical: UInt64, controlGroup: UInt64?, addressSpaceLimit: UInt64?, mapped: UInt64)
  {
    let left = addressSpaceLimit.map { $0 > mapped ? $0 - mapped : 0 }
    let limits: [(bytes: UInt64?, reason: String)] = [
      (physical, "the machine's memory"), (controlGroup, "the control group's limit (cgroup)"),
      (left, "the limit of the address space (ulimit -v)"),
    ]
    var best = (bytes: physical, reason: "the machine's memory")
    for case (let bytes?, let reason) in limits where bytes < best.bytes { best = (bytes, reason) }
    bytes = best.bytes
    reason = best.reason
    addressSpace = left
  }

  /// Returns the size of the address space in a `/proc/self/statm`, whose first number is in pages.
  package static func mappedBytes(statm: String, pageSize: UInt64) -> UInt64 {
    (statm.split(separator: " ").first.flatMap { UInt64($0) } ?? 0) * pageSize
  }

  /// What the threads and OpenBLAS map beside the data, in bytes of address space.
  ///
  /// OpenBLAS maps a buffer of 128 MiB for each thread and one for the caller, and tries for ever where
  /// it cannot; stacks and the allocator's arenas come on top.
  ///
  /// - Parameter threads: The number of threads.
  /// - Returns: The bytes.
  public static func threadWorkspace(threads: Int) -> UInt64 {
    UInt64(max(1, threads) + 1) * (176 << 20)
  }
}
