internal import Foundation

/// How many threads this process should run, and why.
///
/// In this order: `OMP_NUM_THREADS`, `SLURM_CPUS_PER_TASK`, and the processors that the process may
/// run on (its affinity), at most as many as the quota of its control groups pays for.
public struct ProcessorCount: Sendable, Hashable {
  /// The number of threads, from 1 to ``limit``.
  public let count: Int
  /// What decided, in words.
  public let reason: String

  /// The most threads that are used.
  public static let limit = 1024

  /// The count of this process, taken when it is first asked for.
  public static let current = ProcessorCount(
    processors: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
    status: readText("/proc/self/status") ?? "", quota: ControlGroup.current().processorQuota,
    environment: ProcessInfo.processInfo.environment)

  /// Decides.
  ///
  /// - Parameters:
  ///   - processors: The processors of the machine.
  ///   - status: `/proc/self/status`, whose `Cpus_allowed_list` is the affinity.
  ///   - quota: The processors that the control groups pay for; nil for all.
  ///   - environment: The environment's variables.
  package init(processors: Int, status: String, quota: Double?, environment: [String: String]) {
    for name in ["OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"] {
      if let number = environment[name].flatMap(Self.threads(ofVariable:)) {
        self.init(min(number, Self.limit), "\(name)=\(environment[name] ?? "")")
        return
      }
    }
    var count = processors
    var reason = "all processors of the machine"
    if let allowed = Self.allowedProcessors(status), allowed > 0, allowed < count {
      count = allowed
      reason = "the process may run on \(allowed) of \(processors) processors (affinity)"
    }
    if let quota, max(1, quota.rounded(.up)) < Double(count) {
      // Part of a processor is one thread that sometimes waits.
      count = Int(max(1, quota.rounded(.up)))
      reason = "the control group pays for \(String(format: "%g", quota)) processors (cgroup quota)"
    }
    self.init(min(count, Self.limit), reason)
  }

  /// Returns the count of one of several processes that share a machine: what was asked for by a variable, else
  /// the processors that it may run on, at most its part of all.
  ///
  /// - Parameter processes: How many there are on the machine.
  /// - Returns: The count of each.
  public func shared(by processes: Int) -> ProcessorCount {
    let part = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)) / max(1, processes))
    return shared(by: processes, part: part)
  }

  /// The same, given a process's part of the machine's processors.
  package func shared(by processes: Int, part: Int) -> ProcessorCount {
    if processes <= 1 || isAskedFor || count <= part { return self }
    return ProcessorCount(part, "\(processes) processes share the machine's processors")
  }

  /// Whether a variable has decided.
  private var isAskedFor: Bool { reason.contains("=") }

  private init(_ count: Int, _ reason: String) {
    self.count = count
    self.reason = reason
  }

  /// Returns the first number of a variable such as `4` or `4,2`; nil where there is none.
  package static func threads(ofVariable text: String) -> Int? {
    let first = text.split(separator: ",", omittingEmptySubsequences: false).first ?? ""
    guard let number = Int(first.trimmingCharacters(in: .whitespaces)), number > 0 else {
      return nil
    }
    return number
  }

  /// Returns how many processors the list `Cpus_allowed_list: 0-3,8` of a status has.
  package static func allowedProcessors(_ status: String) -> Int? {
    let name = "Cpus_allowed_list:"
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else {
      return nil
    }
    var count = 0
    for range in line.dropFirst(name.count).split(separator: ",") {
      let ends = range.trimmingCharacters(in: .whitespaces).split(separator: "-").compactMap {
        Int($0)
      }
      guard let first = ends.first, let last = ends.last, last >= first else { return nil }
      count += last - first + 1
    }
    return count
  }
}
