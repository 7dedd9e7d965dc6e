"""PyTorch's eager back-propagation step, served as `bench/compare` asks: WIDTHS BATCH THREADS."""

import sys
import time

import torch

widths = [int(w) for w in sys.argv[1].split("-")]
batch, threads = int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
torch.manual_seed(0)
layers = []
for i, (fan_in, fan_out) in enumerate(zip(widths, widths[1:])):
    layers.append(torch.nn.Linear(fan_in, fan_out))
    if i + 2 < len(widths):
        layers.append(torch.nn.ReLU())
model = torch.nn.Sequential(*layers)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-6, momentum=0.9, weight_decay=5e-4)
x = torch.randn(batch, widths[0])
y = torch.randint(widths[-1], (batch,))
loss_function = torch.nn.CrossEntropyLoss()


def step():
    optimizer.zero_grad(set_to_none=True)
    loss_function(model(x), y).backward()
    optimizer.step()


for _ in range(5):
    step()
print("ready", torch.__version__, flush=True)
for line in sys.stdin:
    count = int(line)
    start = time.perf_counter()
    for _ in range(count):
        step()
    print(1e6 * (time.perf_counter() - start) / max(count, 1), flush=True)
