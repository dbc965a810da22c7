/// The step of one node: `S = γ S₀ + kᵀ v / √D`, `o = q S` for each head.
struct RetentionStep {
  /// The parent's state.
  let before: UnsafePointer<Float>
  /// The node's state, overwritten.
  let after: UnsafeMutablePointer<Float>
  let q: UnsafePointer<Float>
  let k: UnsafePointer<Float>
  let v: UnsafePointer<Float>
  /// The output, overwritten.
  let o: UnsafeMutablePointer<Float>
  let width: Int
  let heads: Int
  /// γ of the head that each lane belongs to, where rows are packed.
  let decays: Lanes
  /// `1 / √D`.
  let scale: Float
}

/// The step with all heads side by side.
///
/// Rows are those of ``HeadInnermostRows``. A state is `[D, C]`: row `i` has for each channel
/// `(j, h)` the element `S[h][i, j]`, so that it is `γ S₀[i, :] + k[i, h] v[:]` with `k[i, :]`, H
/// neighbouring numbers, repeated over the lanes. No sum crosses lanes, whatever D is.
extension RetentionStep {
  /// Computes the state and the output.
  @inline(__always)
  func runPacked() {
    switch heads {
    case 1: run(OneHead.self)
    case 2: run(TwoHeads.self)
    case 4: run(FourHeads.self)
    case 8: run(EightHeads.self)
    default: run(SixteenHeads.self)
    }
  }

  @inline(__always)
  private func run<Pack: HeadPack>(_: Pack.Type) {
    var c = 0
    while c + 4 * laneCount <= width {
      stepFour(Pack.self, c)
      c += 4 * laneCount
    }
    while c + 2 * laneCount <= width {
      stepTwo(Pack.self, c)
      c += 2 * laneCount
    }
    if c < width { stepOne(Pack.self, c) }
  }

  /// The channels from `c` on that four vectors hold: as many sums as hide the latency of one.
  @inline(__always)
  private func stepFour<Pack: HeadPack>(_: Pack.Type, _ c: Int) {
    let (width, heads, decays) = (width, Pack.heads, decays)
    var (read, written, kp, qp) = (before + c, after + c, k, q)
    let v0 = v.lanes(c) * scale
    let v1 = v.lanes(c + 16) * scale
    let v2 = v.lanes(c + 32) * scale
    let v3 = v.lanes(c + 48) * scale
    var (o0, o1, o2, o3) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    for _ in 0..<width / heads {
      let (key, query) = (Pack.spread(kp), Pack.spread(qp))
      let s0 = read.lanes(0) * decays + v0 * key
      let s1 = read.lanes(16) * decays + v1 * key
      let s2 = read.lanes(32) * decays + v2 * key
      let s3 = read.lanes(48) * decays + v3 * key
      written.store(s0, 0)
      written.store(s1, 16)
      written.store(s2, 32)
      written.store(s3, 48)
      o0 += s0 * query
      o1 += s1 * query
      o2 += s2 * query
      o3 += s3 * query
      read += width
      written += width
      kp += heads
      qp += heads
    }
    o.store(o0, c)
    o.store(o1, c + 16)
    o.store(o2, c + 32)
    o.store(o3, c + 48)
  }

  /// The channels from `c` on that two vectors hold.
  @inline(__always)
  private func stepTwo<Pack: HeadPack>(_: Pack.Type, _ c: Int) {
    let (width, heads, decays) = (width, Pack.heads, decays)
    var (read, written, kp, qp) = (before + c, after + c, k, q)
    let v0 = v.lanes(c) * scale
    let v1 = v.lanes(c + 16) * scale
    var (o0, o1) = (Lanes.zero, Lanes.zero)
    for _ in 0..<width / heads {
      let (key, query) = (Pack.spread(kp), Pack.spread(qp))
      let s0 = read.lanes(0) * decays + v0 * key
      let s1 = read.lanes(16) * decays + v1 * key
      written.store(s0, 0)
      written.store(s1, 16)
      o0 += s0 * query
      o1 += s1 * query
      read += width
      written += width
      kp += heads
      qp += heads
    }
    o.store(o0, c)
    o.store(o1, c + 16)
  }

  /// The channels from `c` on that one vector holds.
  @inline(__always)
  private func stepOne<Pack: HeadPack>(_: Pack.Type, _ c: Int) {
    let (width, heads, decays) = (width, Pack.heads, decays)
    var (read, written, kp, qp) = (before + c, after + c, k, q)
    let v0 = v.lanes(c) * scale
    var o0 = Lanes.zero
    for _ in 0..<width / heads {
      let s0 = read.lanes(0) * decays + v0 * Pack.spread(kp)
      written.store(s0, 0)
      o0 += s0 * Pack.spread(qp)
      read += width
      written += width
      kp += heads
      qp += heads
    }
    o.store(o0, c)
  }
}
