//===- FormKernels.cpp - dp-form-kernels ------------------------------------------------------===//
//
// Every op of an entry is a root (a product, reduction or transpose), an op per unit, or an
// auxiliary (constants, empty tensors, fills, slices, arithmetic on `rows`). Roots open kernels in
// program order; ops per unit join kernels; auxiliaries are repeated in each kernel that reads
// them.
//
//===------------------------------------------------------------------------------------------===//
#include "lib/Lower/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/RegionUtils.h"

namespace dpc {
#define GEN_PASS_DEF_FORMKERNELS
#include "lib/Lower/Passes.h.inc"
} // namespace dpc

using namespace mlir;
using namespace dpc;

namespace {

struct Kernel {
  linalg::LinalgOp root;                  // or null
  SmallVector<linalg::GenericOp> perUnit; // in program order
  ArrayRef<int64_t> space;                // of the ops per unit
  bool open = true;                       // may ops per unit join?
  SmallVector<Value> inputs, outputs;     // outside values in order of first use; what others read
};

/// The functions of all entries: by their text, for merging, and how often a name was given.
struct KernelTable {
  llvm::StringMap<func::FuncOp> byText;
  llvm::StringMap<unsigned> names;
};

/// The kernels of one entry and the functions they become.
class EntryKernels {
public:
  EntryKernels(func::FuncOp entry, KernelTable &table) : entry(entry), table(table) {}
  void form();

private:
  void place(linalg::LinalgOp op);
  void findOutputs();
  func::FuncOp makeFunction(Kernel &kernel);
  void fuse(OpBuilder &b, Kernel &kernel, IRMapping &map);
  void replaceByCalls();

  func::FuncOp entry;
  KernelTable &table;
  std::vector<Kernel> kernels;
  llvm::DenseMap<Operation *, unsigned> kernelOf;
};

} // namespace

static bool isPerUnit(Operation *op) {
  auto generic = dyn_cast<linalg::GenericOp>(op);
  return generic && generic.getNumLoops() == generic.getNumParallelLoops();
}

static bool isRoot(Operation *op) {
  return isa<linalg::LinalgOp>(op) && !isa<linalg::FillOp>(op) && !isPerUnit(op);
}

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

/// All values that an op and its regions read from outside.
static void forEachOperand(Operation *op, llvm::function_ref<void(Value)> visit) {
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  llvm::for_each(op->getOperands(), visit);
  llvm::for_each(captured, visit);
}

void EntryKernels::place(linalg::LinalgOp op) {
  if (isPerUnit(op)) {
    std::optional<unsigned> latest;
    forEachOperand(op, [&](Value operand) {
      Operation *op = operand.getDefiningOp();
      auto producer = op ? kernelOf.find(op) : kernelOf.end();
      if (producer != kernelOf.end())
        latest = std::max(latest.value_or(0), producer->second);
    });
    if (latest && kernels[*latest].open && kernels[*latest].space == shapeOf(op->getResult(0))) {
      kernels[*latest].perUnit.push_back(cast<linalg::GenericOp>(op.getOperation()));
      kernelOf[op] = *latest;
      return;
    }
  }
  kernelOf[op] = kernels.size();
  Kernel kernel;
  kernel.space = shapeOf(op->getResult(0));
  if (isPerUnit(op)) {
    kernel.perUnit.push_back(cast<linalg::GenericOp>(op.getOperation()));
  } else {
    kernel.root = op;
    // A reduction along rows leaves a column: only one along the batch has a row of results.
    SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
    kernel.open = !isa<linalg::TransposeOp>(op) &&
                  !(iterators.size() == 2 && iterators[1] == utils::IteratorType::reduction);
  }
  kernels.push_back(std::move(kernel));
}

void EntryKernels::findOutputs() {
  for (Operation &op : entry.getBody().front()) {
    auto own = kernelOf.find(&op);
    if (own == kernelOf.end())
      continue;
    for (Value result : op.getResults()) {
      bool read = false;
      // A slice that another kernel repeats counts as a use of its source.
      SmallVector<Operation *> users(result.getUsers());
      while (!users.empty() && !read) {
        Operation *user = users.pop_back_val();
        while (user->getParentOp() != entry)
          user = user->getParentOp();
        auto other = kernelOf.find(user);
        if (other != kernelOf.end())
          read = other->second != own->second;
        else if (isa<func::ReturnOp>(user))
          read = true;
        else
          users.append(user->user_begin(), user->user_end());
      }
      // A root computes all its results, so each needs a place.
      if (read || (op.getNumResults() > 1 && isRoot(&op)))
        kernels[own->second].outputs.push_back(result);
    }
  }
}

/// One generic of all ops per unit, with a result for each output of the kernel among theirs.
void EntryKernels::fuse(OpBuilder &b, Kernel &kernel, IRMapping &map) {
  llvm::DenseSet<Value> inside;
  for (linalg::GenericOp op : kernel.perUnit)
    inside.insert(op.getResult(0));
  SmallVector<Value> operands, inits;
  SmallVector<AffineMap> maps;
  SmallVector<std::pair<Value, AffineMap>> keys;
  for (linalg::GenericOp op : kernel.perUnit)
    for (OpOperand *operand : op.getDpsInputOperands()) {
      std::pair<Value, AffineMap> key(operand->get(), op.getMatchingIndexingMap(operand));
      if (inside.contains(key.first) || llvm::is_contained(keys, key))
        continue;
      keys.push_back(key);
      operands.push_back(map.lookup(key.first));
      maps.push_back(key.second);
    }
  SmallVector<Value> results;
  for (Value output : kernel.outputs)
    if (inside.contains(output))
      results.push_back(output);
  SmallVector<Type> types;
  unsigned rank = kernel.space.size();
  Location loc = kernel.perUnit.front().getLoc();
  for (Value result : results) {
    auto type = cast<RankedTensorType>(result.getType());
    types.push_back(type);
    inits.push_back(tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType()));
    maps.push_back(b.getMultiDimIdentityMap(rank));
  }
  auto generic = linalg::GenericOp::create(
      b, loc, types, operands, inits, maps,
      SmallVector<utils::IteratorType>(rank, utils::IteratorType::parallel),
      [&](OpBuilder &inner, Location, ValueRange arguments) {
        llvm::DenseMap<Value, Value> scalars;
        for (linalg::GenericOp op : kernel.perUnit) {
          IRMapping body = map; // scalars computed from `rows` outside the generic
          for (OpOperand *operand : op.getDpsInputOperands()) {
            Value scalar;
            if (inside.contains(operand->get())) {
              scalar = scalars.at(operand->get());
            } else {
              std::pair<Value, AffineMap> key(operand->get(), op.getMatchingIndexingMap(operand));
              scalar = arguments[std::distance(keys.begin(), llvm::find(keys, key))];
            }
            body.map(op.getMatchingBlockArgument(operand), scalar);
          }
          for (Operation &scalarOp : op.getBody()->without_terminator())
            inner.clone(scalarOp, body);
          scalars[op.getResult(0)] =
              body.lookupOrDefault(op.getBody()->getTerminator()->getOperand(0));
        }
        SmallVector<Value> yields;
        for (Value result : results)
          yields.push_back(scalars.at(result));
        linalg::YieldOp::create(inner, loc, yields);
      });
  for (auto [result, made] : llvm::zip(results, generic.getResults()))
    map.map(result, made);
}

static std::string kindOf(Kernel &kernel) {
  if (!kernel.root)
    return "elementwise";
  if (isa<linalg::TransposeOp>(kernel.root))
    return "transpose";
  if (isa<linalg::ContractionOpInterface>(kernel.root.getOperation()))
    return kernel.perUnit.empty() ? "product" : "product_fused";
  return "reduce";
}

static std::string nameOf(Kernel &kernel) {
  std::string name = kindOf(kernel);
  SmallVector<int64_t> sizes =
      kernel.root ? kernel.root.getStaticLoopRanges() : SmallVector<int64_t>(kernel.space);
  for (auto [index, size] : llvm::enumerate(sizes)) {
    name += index ? "x" : "_";
    name += ShapedType::isDynamic(size) ? std::string("n") : std::to_string(size);
  }
  return name;
}

func::FuncOp EntryKernels::makeFunction(Kernel &kernel) {
  OpBuilder b(entry.getContext());
  auto function =
      func::FuncOp::create(b, kernel.root ? kernel.root.getLoc() : kernel.perUnit.front().getLoc(),
                           "kernel", b.getFunctionType({}, {}));
  function.setPrivate();
  Block *block = function.addEntryBlock();
  b.setInsertionPointToEnd(block);
  IRMapping map;

  // Values of other kernels and arguments become arguments; auxiliaries are repeated here.
  std::function<void(Value)> need = [&](Value value) {
    if (map.contains(value))
      return;
    Operation *producer = value.getDefiningOp();
    auto own = producer ? kernelOf.find(producer) : kernelOf.end();
    if (!producer || own != kernelOf.end()) {
      bool inside =
          producer && (kernel.root == producer || llvm::is_contained(kernel.perUnit, producer));
      if (inside)
        return;
      kernel.inputs.push_back(value);
      map.map(value, block->addArgument(value.getType(), value.getLoc()));
      return;
    }
    for (Value operand : producer->getOperands())
      need(operand);
    b.clone(*producer, map);
  };
  if (kernel.root) {
    forEachOperand(kernel.root, need);
    b.clone(*kernel.root.getOperation(), map);
  }
  for (linalg::GenericOp op : kernel.perUnit) {
    for (Value operand : op.getInputs())
      need(operand);
    forEachOperand(op, [&](Value operand) {
      if (!isa<RankedTensorType>(operand.getType()))
        need(operand);
    });
  }
  if (!kernel.perUnit.empty())
    fuse(b, kernel, map);
  SmallVector<Value> results;
  for (Value output : kernel.outputs)
    results.push_back(map.lookup(output));
  func::ReturnOp::create(b, function.getLoc(), results);
  function.setFunctionType(
      b.getFunctionType(block->getArgumentTypes(), ValueRange(results).getTypes()));

  // Merge equal functions: their text without places is their identity.
  std::string text;
  llvm::raw_string_ostream stream(text);
  function.print(stream, OpPrintingFlags().useLocalScope());
  func::FuncOp &known = table.byText[text];
  if (known) {
    function->erase();
    return known;
  }
  std::string name = nameOf(kernel);
  unsigned count = table.names[name]++;
  function.setName(count ? name + "_" + std::to_string(count) : name);
  known = function;
  auto module = entry->getParentOfType<ModuleOp>();
  module.getBody()->getOperations().insert(entry->getIterator(), function);
  return known;
}

void EntryKernels::replaceByCalls() {
  OpBuilder b(entry.getBody().front().getTerminator());
  Operation *ret = entry.getBody().front().getTerminator();
  IRMapping map;
  for (Kernel &kernel : kernels) {
    if (kernel.outputs.empty())
      continue;
    func::FuncOp function = makeFunction(kernel);
    SmallVector<Value> operands;
    for (Value input : kernel.inputs)
      operands.push_back(map.lookupOrDefault(input));
    auto call = func::CallOp::create(b, function.getLoc(), function, operands);
    for (auto [output, result] : llvm::zip(kernel.outputs, call.getResults()))
      map.map(output, result);
  }
  for (OpOperand &operand : ret->getOpOperands())
    operand.set(map.lookupOrDefault(operand.get()));
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(entry.getBody().front())))
    if (!isa<func::CallOp, func::ReturnOp>(op))
      op.erase();
}

void EntryKernels::form() {
  for (Operation &op : entry.getBody().front())
    if (isRoot(&op) || isPerUnit(&op))
      place(cast<linalg::LinalgOp>(op));
  findOutputs();
  replaceByCalls();
}

namespace {
struct FormKernels : dpc::impl::FormKernelsBase<FormKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    KernelTable table;
    size_t calls = 0;
    for (auto entry : llvm::to_vector(module.getOps<func::FuncOp>())) {
      if (entry.isExternal() || entry.isPrivate())
        continue;
      EntryKernels(entry, table).form();
      calls += llvm::range_size(entry.getOps<func::CallOp>());
    }
    remark::analysis(module.getLoc(), remark::RemarkOpts::name("module").category(getArgument()))
        << remark::metric("calls", calls) << remark::metric("kernels", table.byText.size());
  }
};
} // namespace
