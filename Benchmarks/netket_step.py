#!/usr/bin/env python3
"""Seconds of a step of a vision transformer on the 10 x 10 J1-J2 lattice in NetKet, to compare with
`qchem-nqs solve --lattice heisenberg --size 10x10 --j2 0.5 --ansatz vit --width 60 --heads 10 --layers 4 --no-decay`.

The network is that of NetKet's tutorial on vision transformers (d = 60, 10 heads, 4 blocks, patches of 2 x 2, attention by
displacement, 155,620 parameters), written anew here; sampling, natural gradient and local energies are NetKet's own.

    python3 -m venv nk && nk/bin/pip install netket
    nk/bin/python Benchmarks/netket_step.py --samples 1024 --steps 3
"""

import argparse
import time


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--length", type=int, default=10)
    parser.add_argument("--j2", type=float, default=0.5)
    parser.add_argument("--samples", type=int, default=1024, help="as many chains")
    parser.add_argument("--steps", type=int, default=3, help="after two that compile")
    parser.add_argument("--width", type=int, default=60)
    parser.add_argument("--heads", type=int, default=10)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--patch", type=int, default=2)
    parser.add_argument("--chunk", type=int, default=512)
    parser.add_argument("--single", action="store_true", help="single precision (NetKet's default is double)")
    arguments = parser.parse_args()

    import flax.linen as nn
    import jax
    import jax.numpy as jnp
    import netket as nk
    import numpy as np
    import optax

    dtype = jnp.float32 if arguments.single else jnp.float64
    length, side = arguments.length, arguments.patch
    across = length // side
    tokens = across * across
    cells = np.arange(length * length).reshape(across, side, across, side).transpose(0, 2, 1, 3).reshape(tokens, side * side)
    x, y = np.arange(tokens) % across, np.arange(tokens) // across
    # The class of the displacement from patch i to patch j.
    shift = (x[None, :] - x[:, None]) % across + across * ((y[None, :] - y[:, None]) % across)

    class Attention(nn.Module):
        @nn.compact
        def __call__(self, z):
            width, heads = arguments.width, arguments.heads
            init = nn.initializers.xavier_uniform()
            alpha = self.param("alpha", init, (heads, tokens), dtype)[:, shift]
            values = nn.Dense(width, kernel_init=init, param_dtype=dtype, dtype=dtype)(z)
            values = values.reshape(*z.shape[:-1], heads, width // heads)
            mixed = jnp.einsum("hij,...jhd->...ihd", alpha, values).reshape(z.shape)
            return nn.Dense(width, kernel_init=init, param_dtype=dtype, dtype=dtype)(mixed)

    class Network(nn.Module):
        @nn.compact
        def __call__(self, spins):
            width = arguments.width
            init = nn.initializers.xavier_uniform()

            def dense(size):
                return nn.Dense(size, kernel_init=init, param_dtype=dtype, dtype=dtype)

            def norm():
                return nn.LayerNorm(param_dtype=dtype, dtype=dtype)

            z = dense(width)(jnp.atleast_2d(spins)[..., cells].astype(dtype))
            for _ in range(arguments.layers):
                z = z + Attention()(norm()(z))
                z = z + dense(width)(nn.gelu(dense(4 * width)(norm()(z))))
            z = norm()(z.sum(axis=-2))
            out = norm()(dense(width)(z)) + 1j * norm()(dense(width)(z))
            return jnp.log(jnp.cosh(out)).sum(axis=-1)

    lattice = nk.graph.Square(length=length, max_neighbor_order=2, pbc=True)
    space = nk.hilbert.Spin(s=0.5, N=lattice.n_nodes, total_sz=0)
    energy = nk.operator.Heisenberg(hilbert=space, graph=lattice, J=[1.0, arguments.j2], sign_rule=[False, False])
    energy = energy.to_jax_operator()
    sampler = nk.sampler.MetropolisExchange(
        hilbert=space, graph=lattice, d_max=2, n_chains=arguments.samples, sweep_size=lattice.n_nodes)
    state = nk.vqs.MCState(
        sampler, Network(), n_samples=arguments.samples, n_discard_per_chain=0, seed=1, chunk_size=arguments.chunk)
    print(f"{jax.tree_util.tree_reduce(lambda a, b: a + b.size, state.parameters, 0)} parameters, {dtype.__name__}")
    driver = nk.driver.VMC_SR(
        energy, optax.sgd(0.0075), variational_state=state, diag_shift=1e-4, mode="complex")
    for step in range(arguments.steps + 2):
        start, used = time.time(), time.process_time()
        driver.run(1, out=None, show_progress=False)
        jax.block_until_ready(state.parameters)
        kind = "compiles" if step < 2 else "step"
        print(f"{kind}: {time.time() - start:.2f} s, {time.process_time() - used:.2f} processor seconds", flush=True)


if __name__ == "__main__":
    main()
