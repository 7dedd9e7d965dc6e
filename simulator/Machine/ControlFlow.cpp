//===- ControlFlow.cpp - where the lanes of a branch meet again -------------------------------===//
//
// Immediate post-dominators by the iterative algorithm of Cooper, Harvey and Kennedy ("A Simple,
// Fast Dominance Algorithm", 2001) on the reversed graph of basic blocks. A lane that leaves the
// function takes no part in what follows, so an early exit must not hide the point where all others
// meet: the exit that most blocks can reach is the root, edges to the others are dropped. What
// cannot reach that root is analysed again by itself, and so on.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/ControlFlow.h"

using namespace sim;

namespace {

struct BasicBlock {
  uint32_t first = 0, last = 0; ///< ops
  std::vector<uint32_t> successors, predecessors;
  bool leaves = false;  ///< ends with an exit or return, guarded or not
  uint32_t root = noOp; ///< the exit that it was analysed with
  uint32_t dominator = noOp;
  uint32_t order = noOp; ///< postorder number on the reversed graph
};

class Graph {
public:
  explicit Graph(FunctionCode &code) : code(code) { build(); }
  void run();

private:
  void build();
  void addEdge(uint32_t from, uint32_t toOp);
  size_t reach(uint32_t exit) const;
  uint32_t bestRoot() const;
  void analyse(uint32_t root);
  uint32_t common(uint32_t a, uint32_t b) const;

  FunctionCode &code;
  std::vector<BasicBlock> blocks;
  std::vector<uint32_t> blockOf; ///< per op
};

} // namespace

static bool endsBlock(const Op &op) {
  switch (op.step) {
  case Step::Branch:
  case Step::BranchIndexed:
  case Step::Return:
  case Step::Exit:
  case Step::Trap:
    return true;
  default:
    return false;
  }
}

void Graph::addEdge(uint32_t from, uint32_t toOp) {
  if (toOp >= code.ops.size())
    return;
  uint32_t to = blockOf[toOp];
  blocks[from].successors.push_back(to);
  blocks[to].predecessors.push_back(from);
}

void Graph::build() {
  const std::vector<Op> &ops = code.ops;
  std::vector<bool> starts(ops.size() + 1, false);
  starts[0] = true;
  for (uint32_t i = 0; i < ops.size(); ++i) {
    if (endsBlock(ops[i]))
      starts[i + 1] = true;
    if (ops[i].step == Step::Branch)
      starts[ops[i].target] = true;
    if (ops[i].step == Step::BranchIndexed)
      for (uint32_t target : code.tables[ops[i].target])
        starts[target] = true;
  }
  blockOf.resize(ops.size());
  for (uint32_t i = 0; i < ops.size(); ++i) {
    if (starts[i])
      blocks.emplace_back().first = i;
    blocks.back().last = i;
    blockOf[i] = static_cast<uint32_t>(blocks.size() - 1);
  }
  for (uint32_t b = 0; b < blocks.size(); ++b) {
    const Op &op = ops[blocks[b].last];
    bool guarded = op.guard != noPredicate;
    if (op.step == Step::Branch)
      addEdge(b, op.target);
    if (op.step == Step::BranchIndexed)
      for (uint32_t target : code.tables[op.target])
        addEdge(b, target);
    blocks[b].leaves = op.step == Step::Return || op.step == Step::Exit;
    if (guarded || !endsBlock(op))
      addEdge(b, blocks[b].last + 1);
  }
}

uint32_t Graph::common(uint32_t a, uint32_t b) const {
  while (a != b) {
    while (blocks[a].order < blocks[b].order)
      a = blocks[a].dominator;
    while (blocks[b].order < blocks[a].order)
      b = blocks[b].dominator;
  }
  return a;
}

void Graph::analyse(uint32_t root) {
  // Postorder of the reversed graph, by a stack of (block, next predecessor).
  std::vector<uint32_t> postorder;
  std::vector<std::pair<uint32_t, size_t>> stack = {{root, 0}};
  std::vector<bool> seen(blocks.size(), false);
  seen[root] = true;
  while (!stack.empty()) {
    auto &[block, next] = stack.back();
    if (next == blocks[block].predecessors.size()) {
      postorder.push_back(block);
      stack.pop_back();
      continue;
    }
    uint32_t predecessor = blocks[block].predecessors[next++];
    if (!seen[predecessor] && blocks[predecessor].root == noOp) {
      seen[predecessor] = true;
      stack.push_back({predecessor, 0});
    }
  }
  for (uint32_t i = 0; i < postorder.size(); ++i)
    blocks[postorder[i]].order = i;
  blocks[root].dominator = root;
  for (bool changed = true; changed;) {
    changed = false;
    for (auto at = postorder.rbegin(); at != postorder.rend(); ++at) {
      if (*at == root)
        continue;
      uint32_t dominator = noOp;
      for (uint32_t successor : blocks[*at].successors)
        if (seen[successor] && blocks[successor].dominator != noOp)
          dominator = dominator == noOp ? successor : common(successor, dominator);
      if (dominator != blocks[*at].dominator) {
        blocks[*at].dominator = dominator;
        changed = true;
      }
    }
  }
  for (uint32_t block : postorder)
    blocks[block].root = root;
}

/// How many blocks, of those that are left, can get to `exit`.
size_t Graph::reach(uint32_t exit) const {
  std::vector<bool> seen(blocks.size(), false);
  std::vector<uint32_t> left = {exit};
  seen[exit] = true;
  size_t count = 0;
  while (!left.empty()) {
    uint32_t block = left.back();
    left.pop_back();
    ++count;
    for (uint32_t predecessor : blocks[block].predecessors)
      if (!seen[predecessor] && blocks[predecessor].root == noOp) {
        seen[predecessor] = true;
        left.push_back(predecessor);
      }
  }
  return count;
}

uint32_t Graph::bestRoot() const {
  // With very many exits the last ones have to do.
  constexpr unsigned mostCandidates = 64;
  uint32_t best = noOp;
  size_t bestReach = 0;
  unsigned candidates = 0;
  for (uint32_t b = static_cast<uint32_t>(blocks.size()); b-- > 0 && candidates < mostCandidates;) {
    if (!blocks[b].leaves || blocks[b].root != noOp)
      continue;
    ++candidates;
    if (size_t reached = reach(b); reached > bestReach) {
      best = b;
      bestReach = reached;
    }
  }
  return best;
}

void Graph::run() {
  for (uint32_t root = bestRoot(); root != noOp; root = bestRoot())
    analyse(root);
  for (uint32_t b = 0; b < blocks.size(); ++b) {
    Op &op = code.ops[blocks[b].last];
    if (op.step != Step::Branch && op.step != Step::BranchIndexed)
      continue;
    // Lanes of a side that cannot come to the root are not waited for.
    uint32_t side = noOp;
    bool parts = false;
    for (uint32_t successor : blocks[b].successors) {
      if (blocks[successor].root != blocks[b].root)
        continue;
      parts |= side != noOp && side != successor;
      side = successor;
    }
    uint32_t dominator = blocks[b].dominator;
    op.reconverge = !parts || dominator == noOp || dominator == b ? noOp : blocks[dominator].first;
  }
}

void sim::findReconvergence(FunctionCode &code) {
  if (!code.ops.empty())
    Graph(code).run();
}
