//===- UnrollInference.cpp - the update sequence as straight-line functions -------------------===//
#include "dialect/Dyad/DyadOps.h"
#include "lib/Schedule/Passes.h"
#include "lib/Support/Messages.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OperationSupport.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::dyad;

namespace dpc {
#define GEN_PASS_DEF_UNROLLINFERENCE
#include "lib/Schedule/Passes.h.inc"
} // namespace dpc

namespace {

/// Equality of operations up to their place, for sharing.
struct EqualOperation : llvm::DenseMapInfo<Operation *> {
  static unsigned getHashValue(const Operation *op) {
    return OperationEquivalence::computeHash(
        const_cast<Operation *>(op), OperationEquivalence::directHashValue,
        OperationEquivalence::ignoreHashValue, OperationEquivalence::IgnoreLocations);
  }
  static bool isEqual(const Operation *a, const Operation *b) {
    if (a == b)
      return true;
    if (a == getTombstoneKey() || a == getEmptyKey() || b == getTombstoneKey() ||
        b == getEmptyKey())
      return false;
    return OperationEquivalence::isEquivalentTo(const_cast<Operation *>(a),
                                                const_cast<Operation *>(b),
                                                OperationEquivalence::IgnoreLocations);
  }
};

struct Counts {
  unsigned folded = 0, shared = 0, dead = 0;
};

/// Writes one function: copies the bodies of a program one after the other, each cell being the
/// value that was set last.
class Unroller {
public:
  Unroller(ProgramOp program, bool fold, Counts &counts)
      : program(program), updates(llvm::to_vector(program.getBody().getOps<UpdateOp>())),
        fold(fold), counts(counts) {}

  func::FuncOp write(OpBuilder &builder, StringRef entry);

private:
  template <typename SectionOp> Block &bodyOf() {
    return (*program.getBody().getOps<SectionOp>().begin()).getBody().front();
  }
  SmallVector<std::string> outputsOf(StringRef entry);
  /// Layer indices in update order, one inner list per set of updates that read the same states.
  std::vector<std::vector<unsigned>> sequence();
  /// Copies what the wanted cells of a body need. Reads come from `cells`; what it sets waits in
  /// `pending` until commit(), so that updates together read what was there before them.
  void copy(Block &body, llvm::function_ref<bool(StringRef)> wanted);
  void commit();
  Value make(Operation *op);
  void removeDead(Block &block);
  void addArguments(Block &block, SmallVectorImpl<DictionaryAttr> &attributes);

  ProgramOp program;
  SmallVector<UpdateOp> updates;
  bool fold;
  Counts &counts;

  OpBuilder inner{program.getContext()};
  IRMapping sources;
  llvm::StringMap<Value> cells;
  std::vector<std::pair<StringRef, Value>> pending;
  llvm::DenseSet<Operation *, EqualOperation> known;
};

} // namespace

std::vector<std::vector<unsigned>> Unroller::sequence() {
  unsigned count = updates.size();
  int64_t passes = program.getPasses();
  std::vector<std::vector<unsigned>> result;
  auto up = [&](unsigned from, unsigned to, unsigned step) { // [from, to)
    for (unsigned layer = from; layer < to; layer += step)
      result.push_back({layer});
  };
  auto down = [&](unsigned from, unsigned to) { // from > ... >= to
    for (unsigned layer = from; layer-- > to;)
      result.push_back({layer});
  };
  switch (program.getInference()) {
  case Inference::forward:
    for (int64_t pass = 0; pass < passes; ++pass)
      up(0, count, 1);
    break;
  case Inference::forward_backward:
    down(count, 1);
    for (int64_t pass = 1; pass < passes; ++pass) {
      up(0, count - 1, 1);
      down(count, 0);
    }
    up(0, 1, 1);
    break;
  case Inference::backward:
    down(count, 0);
    break;
  case Inference::odd_even:
  case Inference::even_odd: {
    unsigned first = program.getInference() == Inference::odd_even ? 0 : 1;
    for (int64_t pass = 0; pass < passes; ++pass) {
      up(first, count, 2);
      up(1 - first, count, 2);
    }
    break;
  }
  case Inference::jacobi:
    for (int64_t pass = 0; pass < passes; ++pass)
      result.emplace_back(llvm::seq(0u, count).begin(), llvm::seq(0u, count).end());
    break;
  }
  return result;
}

SmallVector<std::string> Unroller::outputsOf(StringRef entry) {
  SmallVector<std::string> gradients, all, states;
  for (auto set : bodyOf<GradientsOp>().getOps<SetOp>()) {
    all.push_back(set.getCell().str());
    if (set.getCell().ends_with("#gradient"))
      gradients.push_back(set.getCell().str());
  }
  for (auto set : bodyOf<InitialOp>().getOps<SetOp>()) {
    all.push_back(set.getCell().str());
    StringRef kind = set.getCell().rsplit('#').second;
    if (kind == "forward" || llvm::all_of(kind, [](char c) { return llvm::isDigit(c); }))
      states.push_back(set.getCell().str());
  }
  SmallVector<std::string> prediction{"#loss", (updates.back().getLayer() + "#forward").str()};
  if (entry == "gradients")
    return gradients;
  if (entry == "infer")
    return prediction;
  if (entry == "probe")
    return all;
  SmallVector<std::string> result = gradients;
  llvm::append_range(result, prediction);
  for (const std::string &state : states)
    if (state != prediction.back())
      result.push_back(state);
  return result;
}

/// Inserts a new operation, or finds the value that it would have.
Value Unroller::make(Operation *op) {
  if (!fold)
    return op->getResult(0);
  SmallVector<OpFoldResult> results;
  while (succeeded(op->fold(results))) {
    if (results.empty())
      continue; // changed in place: perhaps more follows
    Value value = llvm::dyn_cast_if_present<Value>(results.front());
    if (!value) {
      if (isa<ZeroOp>(op))
        break; // zero folds to itself
      value = make(ZeroOp::create(inner, op->getLoc(), op->getResult(0).getType()));
    }
    op->erase();
    ++counts.folded;
    return value;
  }
  auto [place, isNew] = known.insert(op);
  if (isNew)
    return op->getResult(0);
  op->erase();
  ++counts.shared;
  return (*place)->getResult(0);
}

void Unroller::copy(Block &body, llvm::function_ref<bool(StringRef)> wanted) {
  llvm::DenseSet<Value> needed;
  SmallVector<Operation *> order;
  for (Operation &op : llvm::reverse(body)) {
    auto set = dyn_cast<SetOp>(op);
    bool live = set ? wanted(set.getCell()) : needed.contains(op.getResult(0));
    if (!live)
      continue;
    needed.insert(op.operand_begin(), op.operand_end());
    order.push_back(&op);
  }
  IRMapping mapping = sources;
  for (Operation *op : llvm::reverse(order)) {
    if (auto get = dyn_cast<GetOp>(op))
      mapping.map(get.getResult(), cells.lookup(get.getCell()));
    else if (auto set = dyn_cast<SetOp>(op))
      pending.push_back({set.getCell(), mapping.lookup(set.getValue())});
    else
      mapping.map(op->getResult(0), make(inner.clone(*op, mapping)));
  }
}

void Unroller::commit() {
  for (auto [cell, value] : pending)
    cells[cell] = value;
  pending.clear();
}

void Unroller::addArguments(Block &block, SmallVectorImpl<DictionaryAttr> &attributes) {
  Builder builder(program.getContext());
  auto add = [&](Operation *source, StringRef name, bool parameter) {
    Value argument = block.addArgument(source->getResult(0).getType(), source->getLoc());
    sources.map(source->getResult(0), argument);
    SmallVector<NamedAttribute> entries{
        builder.getNamedAttr(nameAttr, builder.getStringAttr(name))};
    if (parameter)
      entries.push_back(builder.getNamedAttr(parameterAttr, builder.getUnitAttr()));
    attributes.push_back(builder.getDictionaryAttr(entries));
  };
  for (auto source : program.getBody().getOps<InputOp>())
    add(source, "x", false);
  for (auto source : program.getBody().getOps<TargetOp>())
    add(source, "y", false);
  for (auto source : program.getBody().getOps<RowsOp>())
    add(source, "rows", false);
  for (auto source : program.getBody().getOps<ParameterOp>())
    add(source, source.getName(), true);
}

void Unroller::removeDead(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (op.use_empty() && isPure(&op) && !op.hasTrait<OpTrait::IsTerminator>()) {
      op.erase();
      ++counts.dead;
    }
}

func::FuncOp Unroller::write(OpBuilder &builder, StringRef entry) {
  auto function =
      func::FuncOp::create(builder, program.getLoc(), entry, builder.getFunctionType({}, {}));
  Block *block = function.addEntryBlock();
  SmallVector<DictionaryAttr> argumentAttrs, resultAttrs;
  addArguments(*block, argumentAttrs);
  inner.setInsertionPointToEnd(block);

  auto everything = [](StringRef) { return true; };
  copy(bodyOf<InitialOp>(), everything);
  commit();
  SmallVector<std::string> outputs = outputsOf(entry);
  if (entry != "infer") {
    for (const std::vector<unsigned> &together : sequence()) {
      for (unsigned layer : together)
        copy(updates[layer].getBody().front(), everything);
      commit();
    }
    llvm::StringSet<> wanted;
    for (const std::string &output : outputs)
      wanted.insert(output);
    copy(bodyOf<GradientsOp>(), [&](StringRef cell) { return wanted.contains(cell); });
    commit();
  }

  SmallVector<Value> results;
  for (const std::string &output : outputs) {
    results.push_back(cells.lookup(output));
    resultAttrs.push_back(
        builder.getDictionaryAttr(builder.getNamedAttr(nameAttr, builder.getStringAttr(output))));
  }
  func::ReturnOp::create(inner, program.getLoc(), results);
  function.setFunctionType(
      builder.getFunctionType(block->getArgumentTypes(), ValueRange(results).getTypes()));
  function.setAllArgAttrs(argumentAttrs);
  function.setAllResultAttrs(resultAttrs);
  known.clear();
  if (fold)
    removeDead(*block);
  return function;
}

namespace {
struct UnrollInference : dpc::impl::UnrollInferenceBase<UnrollInference> {
  using UnrollInferenceBase::UnrollInferenceBase;

  void runOnOperation() override {
    for (auto program : llvm::make_early_inc_range(getOperation().getOps<ProgramOp>())) {
      OpBuilder builder(program);
      for (StringRef entry : entries) {
        if (!llvm::is_contained({"train_step", "infer", "probe", "gradients"}, entry)) {
          emitError(program.getLoc(), message::internalError, "no entry " + entry.str());
          return signalPassFailure();
        }
        Counts counts;
        Unroller(program, fold, counts).write(builder, entry);
        remark::analysis(program.getLoc(), remark::RemarkOpts::name(entry).category(getArgument()))
            << remark::metric("folded", counts.folded) << remark::metric("shared", counts.shared)
            << remark::metric("dead", counts.dead);
      }
      program.erase();
    }
  }
};
} // namespace
