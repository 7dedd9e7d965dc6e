"""JAX's compiled back-propagation step, served as `bench/compare` asks: WIDTHS BATCH THREADS.

The number of threads of XLA's CPU client is that of the processors the process may use, so it is
set through the process's affinity before jax starts.
"""

import os
import sys
import time

widths = [int(w) for w in sys.argv[1].split("-")]
batch, threads = int(sys.argv[2]), int(sys.argv[3])
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])

import jax
import jax.numpy as jnp

keys = jax.random.split(jax.random.PRNGKey(0), len(widths) + 1)
parameters = [
    (jax.random.normal(k, (i, o)) / i**0.5, jnp.zeros(o))
    for k, i, o in zip(keys, widths, widths[1:])
]
momenta = jax.tree.map(jnp.zeros_like, parameters)
x = jax.random.normal(keys[-1], (batch, widths[0]))
y = jax.random.randint(keys[-2], (batch,), 0, widths[-1])


def loss(parameters):
    h = x
    for i, (w, b) in enumerate(parameters):
        h = h @ w + b
        if i + 1 < len(parameters):
            h = jax.nn.relu(h)
    return -jnp.mean(jax.nn.log_softmax(h)[jnp.arange(batch), y])


def update(parameters, momenta):
    value, gradients = jax.value_and_grad(loss)(parameters)
    momenta = jax.tree.map(lambda v, g, w: 0.9 * v + g + 5e-4 * w, momenta, gradients, parameters)
    parameters = jax.tree.map(lambda w, v: w - 1e-6 * v, parameters, momenta)
    return parameters, momenta, value


compiled = jax.jit(update, donate_argnums=(0, 1))


def step():
    global parameters, momenta
    parameters, momenta, value = compiled(parameters, momenta)
    return value


for _ in range(5):
    step().block_until_ready()
print("ready", jax.__version__, flush=True)
for line in sys.stdin:
    count = int(line)
    start = time.perf_counter()
    for _ in range(count):
        value = step()
    value.block_until_ready()
    print(1e6 * (time.perf_counter() - start) / max(count, 1), flush=True)
