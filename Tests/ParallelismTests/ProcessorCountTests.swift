import Parallelism
import Testing

@Suite("Threads by affinity, quota and environment")
struct ProcessorCountTests {
  private static func count(
    status: String = "Cpus_allowed_list:\t0-7\n", quota: Double? = nil,
    _ environment: [String: String] = [:]
  ) -> ProcessorCount {
    ProcessorCount(processors: 8, status: status, quota: quota, environment: environment)
  }

  @Test(
    "Lists of processors",
    arguments: [
      ("Cpus_allowed_list:\t0-3,8,10-11", 7), ("Cpus_allowed_list: 5", 1), ("Name: x", nil),
      ("Cpus_allowed_list: 3-1", nil), ("Cpus_allowed_list: a", nil),
    ] as [(String, Int?)])
  func listsAreCounted(_ status: String, _ expected: Int?) {
    #expect(ProcessorCount.allowedProcessors("Name: x\n\(status)\nMems: 0\n") == expected)
  }

  @Test("The least of machine, affinity and quota")
  func leastWins() {
    #expect(Self.count().count == 8)
    #expect(Self.count().reason.contains("machine"))
    let bound = Self.count(status: "Cpus_allowed_list: 2,5")
    #expect(bound.count == 2 && bound.reason.contains("affinity"))
    for (quota, expected) in [(2.0, 2), (2.5, 3), (0.2, 1)] {
      let paid = Self.count(quota: quota)
      #expect(paid.count == expected && paid.reason.contains("quota"))
    }
    #expect(Self.count(quota: 64).count == 8)
  }

  @Test("Variables go before, OpenMP's first")
  func variablesGoBefore() {
    #expect(Self.count(["OMP_NUM_THREADS": "3"]).count == 3)
    #expect(Self.count(["OMP_NUM_THREADS": " 4,2"]).count == 4)
    let both = Self.count(quota: 1, ["OMP_NUM_THREADS": "5", "SLURM_CPUS_PER_TASK": "2"])
    #expect(both.count == 5 && both.reason == "OMP_NUM_THREADS=5")
    #expect(Self.count(["SLURM_CPUS_PER_TASK": "2"]).reason == "SLURM_CPUS_PER_TASK=2")
    for nonsense in ["", "0", "-1", "many", ",4"] {
      #expect(Self.count(["OMP_NUM_THREADS": nonsense]).count == 8)
    }
    #expect(Self.count(["OMP_NUM_THREADS": "1000000"]).count == ProcessorCount.limit)
  }
}

@Suite("Control groups")
struct ControlGroupTests {
  /// Reads from a table in place of the kernel's files.
  private static func group(
    _ membership: String, _ mounts: String, _ files: [String: String]
  ) -> ControlGroup {
    ControlGroup(membership: membership, mounts: mounts) { files[$0] }
  }

  @Test("Version 2: the least of the group's limits and those above")
  func unifiedLimits() {
    let group = Self.group(
      "0::/user.slice/job_7/step\n",
      "30 1 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
      [
        "/sys/fs/cgroup/user.slice/job_7/step/cpu.max": "max 100000\n",
        "/sys/fs/cgroup/user.slice/job_7/cpu.max": "250000 100000\n",
        "/sys/fs/cgroup/user.slice/cpu.max": "400000 100000\n",
        "/sys/fs/cgroup/user.slice/job_7/step/memory.max": "max\n",
        "/sys/fs/cgroup/user.slice/job_7/memory.max": "2147483648\n",
      ])
    #expect(
      group.unified == [
        "/sys/fs/cgroup/user.slice/job_7/step", "/sys/fs/cgroup/user.slice/job_7",
        "/sys/fs/cgroup/user.slice", "/sys/fs/cgroup",
      ])
    #expect(group.processorQuota == 2.5)
    #expect(group.memoryLimit == 2_147_483_648)
  }

  @Test("Version 1: controllers have mounts of their own")
  func legacyLimits() {
    let mounts = """
      31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
      32 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
      33 30 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
      """
    let files = [
      "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "150000\n",
      "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/memory/job/memory.limit_in_bytes": "9223372036854771712\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "1000000\n",
    ]
    let group = Self.group("4:memory:/job\n2:cpu,cpuacct:/job\n0::/\n", mounts, files)
    #expect(group.processorQuota == 1.5)
    #expect(group.memoryLimit == 1_000_000)
  }

  @Test("A container's mount shows its own group as the root")
  func containerIsFound() {
    let mounts = "31 30 0:27 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu"
    let files = [
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
    ]
    for path in ["/docker/abc", "/"] {
      #expect(Self.group("2:cpu:\(path)\n", mounts, files).processorQuota == 3)
    }
  }

  @Test("Without groups there is no limit", arguments: ["", "nonsense\n1:2\n::\n"])
  func nothingIsNoLimit(_ text: String) {
    let group = Self.group(text, text, [:])
    #expect(group.processorQuota == nil && group.memoryLimit == nil)
  }
}

@Suite("Memory that the process may use")
struct AvailableMemoryTests {
  @Test("The least of machine, group and what the address space has left")
  func leastWins() {
    func memory(_ group: UInt64?, _ limit: UInt64?, mapped: UInt64 = 30) -> AvailableMemory {
      AvailableMemory(physical: 100, controlGroup: group, addressSpaceLimit: limit, mapped: mapped)
    }
    #expect(memory(nil, nil).bytes == 100 && memory(nil, nil).addressSpace == nil)
    #expect(memory(40, nil).bytes == 40 && memory(40, nil).reason.contains("cgroup"))
    #expect(memory(90, 80).bytes == 50 && memory(90, 80).reason.contains("ulimit"))
    #expect(memory(200, 500).bytes == 100 && memory(200, 500).addressSpace == 470)
    #expect(memory(nil, 20).bytes == 0)
  }

  @Test("The size of the address space is the first number, in pages")
  func mappedIsRead() {
    #expect(AvailableMemory.mappedBytes(statm: "250 7 3 1 0 2 0\n", pageSize: 4096) == 1_024_000)
    #expect(AvailableMemory.mappedBytes(statm: "", pageSize: 4096) == 0)
  }
}
