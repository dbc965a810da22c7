internal import Foundation

/// The control groups (cgroups, versions 1 and 2) that a process is in, as Linux tells them.
///
/// Reading and parsing are apart: ``init(membership:mounts:read:)`` takes the texts of
/// `/proc/self/cgroup` and `/proc/self/mountinfo` and a function that reads a file.
package struct ControlGroup {
  /// The folders of version 2, of the process's own group first and then of those above it.
  package let unified: [String]
  /// The same of version 1, by controller.
  package let legacy: [String: [String]]
  private let read: (String) -> String?

  /// The groups of this process; without any on other systems.
  package static func current() -> ControlGroup {
    ControlGroup(
      membership: readText("/proc/self/cgroup") ?? "",
      mounts: readText("/proc/self/mountinfo") ?? "",
      read: readText)
  }

  /// Creates the groups from the kernel's texts.
  ///
  /// - Parameters:
  ///   - membership: `/proc/self/cgroup`, lines `number:controllers:path`.
  ///   - mounts: `/proc/self/mountinfo`.
  ///   - read: Returns the text of a file, or nil.
  package init(membership: String, mounts: String, read: @escaping (String) -> String?) {
    self.read = read
    let hierarchies = mounts.split(separator: "\n").compactMap { Mount($0) }
    var unified: [String] = []
    var legacy: [String: [String]] = [:]
    for line in membership.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let path = String(parts[2])
      if parts[1].isEmpty {
        let mount = hierarchies.first { $0.isUnified }
        unified = mount?.folders(of: path) ?? []
        continue
      }
      for controller in parts[1].split(separator: ",").map(String.init) {
        let mount = hierarchies.first { !$0.isUnified && $0.options.contains(controller) }
        legacy[controller] = mount?.folders(of: path) ?? []
      }
    }
    self.unified = unified
    self.legacy = legacy
  }

  /// The processors' time that the groups may use, in processors; nil without a limit.
  package var processorQuota: Double? {
    let quotas =
      unified.compactMap { read($0 + "/cpu.max").flatMap(Self.quota(ofCPUMax:)) }
      + (legacy["cpu"] ?? []).compactMap { folder in
        guard let quota = read(folder + "/cpu.cfs_quota_us"),
          let period = read(folder + "/cpu.cfs_period_us")
        else { return nil }
        return Self.quota(ofCPUMax: quota + " " + period)
      }
    return quotas.min()
  }

  /// The memory that the groups may use, in bytes; nil without a limit.
  package var memoryLimit: UInt64? {
    let limits =
      unified.compactMap { read($0 + "/memory.max").flatMap(Self.bytes(ofLimit:)) }
      + (legacy["memory"] ?? []).compactMap {
        read($0 + "/memory.limit_in_bytes").flatMap(Self.bytes(ofLimit:))
      }
    return limits.min()
  }

  // MARK: - Parsing

  /// Returns the processors of `quota period`, in microseconds; nil for `max` and for −1.
  package static func quota(ofCPUMax text: String) -> Double? {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 2, let quota = Double(words[0]), let period = Double(words[1]),
      quota > 0, period > 0
    else { return nil }
    return quota / period
  }

  /// Returns the bytes of a limit; nil for `max` and for what version 1 writes without a limit.
  package static func bytes(ofLimit text: String) -> UInt64? {
    let word = text.trimmingCharacters(in: .whitespacesAndNewlines)
    // Without a limit version 1 has the largest multiple of the page size.
    guard let bytes = UInt64(word), bytes < 1 << 62 else { return nil }
    return bytes
  }

  /// A line of `/proc/self/mountinfo` that mounts a hierarchy of groups.
  private struct Mount {
    /// The group that is seen at the mount point.
    let root: String
    let point: String
    let isUnified: Bool
    /// The controllers of version 1 are among these.
    let options: Set<String>

    /// Nil for other file systems.
    init?(_ line: Substring) {
      let words = line.split(separator: " ").map(String.init)
      guard let dash = words.firstIndex(of: "-"), words.count >= dash + 4, dash >= 6,
        words[dash + 1] == "cgroup" || words[dash + 1] == "cgroup2"
      else { return nil }
      root = words[3]
      point = words[4]
      isUnified = words[dash + 1] == "cgroup2"
      options = Set(words[dash + 3].split(separator: ",").map(String.init))
    }

    /// Returns the folders of a group and of those above it, as far as they are mounted.
    func folders(of group: String) -> [String] {
      // In a container the group's path may be that of the host, which is mounted as the root.
      var relative =
        root == "/" ? group : group.hasPrefix(root) ? String(group.dropFirst(root.count)) : ""
      var folders: [String] = []
      while !relative.isEmpty && relative != "/" {
        folders.append(point + relative)
        relative = String(relative[..<(relative.lastIndex(of: "/") ?? relative.startIndex)])
      }
      return folders + [point]
    }
  }
}

/// Returns the text of a file of the kernel's; nil where it cannot be read.
func readText(_ path: String) -> String? {
  // Such files say that they are empty, so they are read to their end.
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { break }
    bytes += buffer[0..<count]
  }
  return String(decoding: bytes, as: UTF8.self)
}
