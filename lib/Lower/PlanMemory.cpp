//===- PlanMemory.cpp - dp-plan-memory --------------------------------------------------------===//
//
// Data, parameters and gradients come first, at the same place for all entries; behind them each
// entry has the values of its own call list, placed by liveness.
//
//===------------------------------------------------------------------------------------------===//
#include "lib/Lower/Layout.h"
#include "lib/Lower/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/StringSet.h"

#include <fmt/format.h>

namespace dpc {
#define GEN_PASS_DEF_PLANMEMORY
#include "lib/Lower/Passes.h.inc"
} // namespace dpc

using namespace mlir;
using namespace dpc;

namespace {

/// Offsets in bytes of what all entries share.
struct Fixed {
  llvm::StringMap<int64_t> arguments; // by name; for parameters in region `parameters`
  llvm::StringMap<int64_t> gradients; // by the name `P#gradient`
  int64_t parametersBegin = 0, gradientsBegin = 0, regionBytes = 0, end = 0;
};

/// Where every tensor of an entry lies.
using Places = llvm::DenseMap<Value, int64_t>;

/// First-fit placement of buffers that come and go.
class Arena {
public:
  explicit Arena(int64_t begin) : begin(begin), high(begin) {}

  int64_t allocate(int64_t bytes) {
    int64_t offset = begin;
    auto next = live.begin();
    for (; next != live.end() && next->first - offset < bytes; ++next)
      offset = next->first + next->second;
    live.insert(next, {offset, bytes});
    high = std::max(high, offset + bytes);
    return offset;
  }
  void release(int64_t offset) { live.erase(offset); }
  int64_t bytes() const { return high; }

private:
  std::map<int64_t, int64_t> live; // offset -> bytes
  int64_t begin, high;
};

class Planner {
public:
  explicit Planner(ModuleOp module) : module(module), b(module.getContext()) {}
  void run();

private:
  void placeFixed(func::FuncOp entry);
  Places place(func::FuncOp entry);
  void rewriteEntry(func::FuncOp entry, const Places &places);
  void rewriteKernel(func::FuncOp kernel);
  void describe(func::FuncOp entry, const Places &places);
  void describeTensor(StringRef scope, StringRef role, DictionaryAttr attributes, int64_t offset,
                      bool transposed);

  ModuleOp module;
  OpBuilder b;
  Fixed fixed;
  int64_t arenaBytes = 0;
  std::string description;
  llvm::StringSet<> described;
};

} // namespace

static RankedTensorType tensorOf(Value value) { return cast<RankedTensorType>(value.getType()); }
static StringRef nameIn(DictionaryAttr attributes) {
  return attributes.getAs<StringAttr>("dyad.name").getValue();
}

/// Parameters and gradients first, in the order of the model, then the data.
void Planner::placeFixed(func::FuncOp entry) {
  int64_t bytes = 0;
  auto eachArgument = [&](bool parameters, llvm::function_ref<void(StringRef, int64_t)> visit) {
    for (BlockArgument argument : entry.getArguments()) {
      unsigned index = argument.getArgNumber();
      if (!isa<RankedTensorType>(argument.getType()) ||
          parameters != (entry.getArgAttr(index, "dyad.parameter") != nullptr))
        continue;
      visit(nameIn(entry.getArgAttrDict(index)), bytesOf(tensorOf(argument)));
    }
  };
  eachArgument(true, [&](StringRef name, int64_t size) {
    fixed.arguments[name] = bytes;
    bytes += size;
  });
  fixed.regionBytes = bytes;
  fixed.gradientsBegin = bytes;
  eachArgument(true, [&](StringRef name, int64_t size) {
    fixed.gradients[(name + "#gradient").str()] = fixed.gradientsBegin + fixed.arguments[name];
    bytes += size;
  });
  eachArgument(false, [&](StringRef name, int64_t size) {
    fixed.arguments[name] = bytes;
    bytes += size;
  });
  fixed.end = bytes;
}

Places Planner::place(func::FuncOp entry) {
  Places places;
  for (BlockArgument argument : entry.getArguments())
    if (isa<RankedTensorType>(argument.getType()))
      places[argument] = fixed.arguments.at(nameIn(entry.getArgAttrDict(argument.getArgNumber())));
  Operation *ret = entry.getBody().front().getTerminator();
  for (auto [index, value] : llvm::enumerate(ret->getOperands()))
    if (entry.getResultAttr(index, "dyad.gradient"))
      places[value] = fixed.gradients.at(nameIn(entry.getResultAttrDict(index)));

  llvm::DenseMap<Value, Operation *> lastUse;
  for (Operation &op : entry.getBody().front())
    for (Value operand : op.getOperands())
      lastUse[operand] = &op;
  Arena arena(fixed.end);
  llvm::DenseSet<Value> temporary;
  for (Operation &op : entry.getBody().front()) {
    for (Value result : op.getResults())
      if (!places.contains(result)) {
        places[result] = arena.allocate(bytesOf(tensorOf(result)));
        temporary.insert(result);
      }
    if (&op == ret)
      break;
    for (Value operand : llvm::SetVector<Value>(op.operand_begin(), op.operand_end()))
      if (temporary.contains(operand) && lastUse[operand] == &op)
        arena.release(places[operand]);
  }
  arenaBytes = std::max(arenaBytes, arena.bytes());
  return places;
}

//===------------------------------------------------------------------------------------------===//
// Rewriting
//===------------------------------------------------------------------------------------------===//

void Planner::rewriteEntry(func::FuncOp entry, const Places &places) {
  auto arenaType = MemRefType::get({arenaBytes}, b.getI8Type());
  b.setInsertionPoint(entry);
  auto rewritten = func::FuncOp::create(b, entry.getLoc(), entry.getName(),
                                        b.getFunctionType({arenaType, b.getIndexType()}, {}));
  Block *block = rewritten.addEntryBlock();
  b.setInsertionPointToEnd(block);
  Value arena = block->getArgument(0), rows = block->getArgument(1);

  llvm::DenseMap<std::pair<int64_t, Type>, Value> views;
  auto viewOf = [&](Value value) -> Value {
    if (!isa<RankedTensorType>(value.getType()))
      return rows;
    RankedTensorType type = tensorOf(value);
    int64_t offset = places.at(value);
    Value &view = views[{offset, type}];
    if (!view) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(block);
      Value start = arith::ConstantIndexOp::create(b, entry.getLoc(), offset);
      view = memref::ViewOp::create(b, entry.getLoc(), paddedBufferOf(type), arena, start,
                                    ValueRange{});
      if (view.getType() != bufferOf(type)) {
        SmallVector<int64_t> strides{pitchOf(type.getDimSize(1)), 1};
        view = memref::ReinterpretCastOp::create(b, entry.getLoc(), bufferOf(type), view,
                                                 /*offset=*/0, type.getShape(), strides);
      }
    }
    return view;
  };
  for (auto call : entry.getOps<func::CallOp>()) {
    SmallVector<Value> operands;
    for (Value operand : call.getOperands())
      operands.push_back(viewOf(operand));
    for (Value result : call.getResults())
      operands.push_back(viewOf(result));
    func::CallOp::create(b, call.getLoc(), call.getCallee(), TypeRange{}, operands);
  }
  func::ReturnOp::create(b, entry.getLoc());
  entry.erase();
}

/// The same function on buffers, results as last arguments. What a product's results hold before
/// the ops per unit is stored where the first of their results of that type will be.
void Planner::rewriteKernel(func::FuncOp kernel) {
  Block &body = kernel.getBody().front();
  auto ret = cast<func::ReturnOp>(body.getTerminator());
  SmallVector<Type> types;
  for (Type type : llvm::concat<const Type>(kernel.getArgumentTypes(), kernel.getResultTypes())) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    types.push_back(tensor ? Type(bufferOf(tensor)) : type);
  }
  b.setInsertionPoint(kernel);
  auto rewritten =
      func::FuncOp::create(b, kernel.getLoc(), kernel.getName(), b.getFunctionType(types, {}));
  rewritten.setPrivate();
  Block *block = rewritten.addEntryBlock();
  b.setInsertionPointToEnd(block);

  IRMapping map; // tensors to buffers, scalars to scalars
  llvm::DenseMap<Value, Value> destinations;
  for (auto [old, argument] : llvm::zip(body.getArguments(), block->getArguments()))
    map.map(old, argument);
  for (auto [old, argument] :
       llvm::zip(ret.getOperands(), block->getArguments().drop_front(body.getNumArguments())))
    destinations[old] = argument;
  for (auto op : body.getOps<linalg::LinalgOp>())
    for (Value result : op->getResults())
      if (!isa<linalg::FillOp>(op) && !destinations.contains(result))
        for (Operation *user : result.getUsers())
          for (Value other : user->getResults())
            if (other.getType() == result.getType() && destinations.contains(other) &&
                !destinations.contains(result))
              destinations[result] = destinations[other];

  for (Operation &op : body.without_terminator()) {
    if (isa<tensor::EmptyOp, linalg::FillOp>(op))
      continue;
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
      // Always the first rows of a matrix: offset 0, the same strides.
      RankedTensorType source = slice.getSourceType(), type = slice.getType();
      SmallVector<OpFoldResult> sizes,
          strides{b.getIndexAttr(pitchOf(source.getDimSize(1))), b.getIndexAttr(1)};
      for (OpFoldResult size : slice.getMixedSizes())
        sizes.push_back(isa<Value>(size) ? OpFoldResult(map.lookup(cast<Value>(size))) : size);
      auto buffer =
          MemRefType::get(type.getShape(), type.getElementType(), bufferOf(source).getLayout());
      map.map(slice.getResult(), memref::ReinterpretCastOp::create(
                                     b, op.getLoc(), buffer, map.lookup(slice.getSource()),
                                     b.getIndexAttr(0), sizes, strides)
                                     .getResult());
      continue;
    }
    auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
    if (!linalgOp) {
      b.clone(op, map);
      continue;
    }
    SmallVector<Value> operands;
    for (Value input : linalgOp.getDpsInputs())
      operands.push_back(map.lookup(input));
    for (auto [init, result] : llvm::zip(linalgOp.getDpsInits(), op.getResults())) {
      Value destination = destinations.at(result);
      if (auto fill = init.getDefiningOp<linalg::FillOp>())
        linalg::FillOp::create(b, op.getLoc(), map.lookup(fill.getInputs()[0]), destination);
      operands.push_back(destination);
      map.map(result, destination);
    }
    Operation *made = mlir::cloneWithoutRegions(b, &op, TypeRange{}, operands);
    for (auto [from, to] : llvm::zip(op.getRegions(), made->getRegions())) {
      IRMapping regionMap = map;
      from.cloneInto(&to, regionMap);
    }
  }
  func::ReturnOp::create(b, kernel.getLoc());
  kernel.erase();
}

//===------------------------------------------------------------------------------------------===//
// Description
//===------------------------------------------------------------------------------------------===//

void Planner::describeTensor(StringRef scope, StringRef role, DictionaryAttr attributes,
                             int64_t offset, bool transposed) {
  ArrayRef<int64_t> dims = attributes.getAs<DenseI64ArrayAttr>("dyad.dims").asArrayRef();
  SmallVector<int64_t> strides(dims.size(), 1);
  if (transposed && dims.size() == 2) {
    strides[1] = pitchOf(dims[0]);
  } else if (dims.size() > 1) {
    int64_t width = 1;
    for (size_t i = dims.size() - 1; i > 0; --i) {
      strides[i] = width;
      width *= dims[i];
    }
    strides[0] = pitchOf(width);
  }
  description += fmt::format("tensor {} {} {} {} {} {} {}\n", scope.str(), role.str(),
                             nameIn(attributes).str(), dims.size(), fmt::join(dims, " "),
                             fmt::join(strides, " "), offset);
}

void Planner::describe(func::FuncOp entry, const Places &places) {
  for (BlockArgument argument : entry.getArguments()) {
    if (!isa<RankedTensorType>(argument.getType()))
      continue;
    DictionaryAttr attributes = entry.getArgAttrDict(argument.getArgNumber());
    bool parameter = attributes.contains("dyad.parameter");
    StringRef role = parameter ? "parameter" : nameIn(attributes) == "x" ? "input" : "target";
    if (described.insert(nameIn(attributes)).second)
      describeTensor("*", role, attributes, places.at(argument), parameter);
  }
  Operation *ret = entry.getBody().front().getTerminator();
  for (auto [index, value] : llvm::enumerate(ret->getOperands())) {
    DictionaryAttr attributes = entry.getResultAttrDict(index);
    bool gradient = attributes.contains("dyad.gradient");
    if (!gradient)
      describeTensor(entry.getName(), "value", attributes, places.at(value), false);
    else if (described.insert(nameIn(attributes)).second)
      describeTensor("*", "gradient", attributes, places.at(value), true);
  }
}

void Planner::run() {
  SmallVector<func::FuncOp> entries, kernels;
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isExternal())
      (function.isPrivate() ? kernels : entries).push_back(function);
  if (entries.empty())
    return;
  placeFixed(entries.front());
  SmallVector<Places> places;
  for (func::FuncOp entry : entries)
    places.push_back(place(entry));
  // Vectors may be read, never written, a little past a buffer's last element.
  arenaBytes = llvm::alignTo(arenaBytes, 64) + 256;

  int64_t batch = tensorOf(entries.front().getArgument(0)).getDimSize(0);
  description = fmt::format("dprt 1\nbatch {}\narena {}\n", batch, arenaBytes);
  for (func::FuncOp entry : entries)
    description += fmt::format("entry {0} dprt_{0}\n", entry.getName().str());
  for (auto [entry, map] : llvm::zip(entries, places))
    describe(entry, map);
  description +=
      fmt::format("region parameters {} {}\nregion gradients {} {}\nend\n", fixed.parametersBegin,
                  fixed.regionBytes, fixed.gradientsBegin, fixed.regionBytes);
  module->setAttr("dprt.description", b.getStringAttr(description));

  for (func::FuncOp kernel : kernels)
    rewriteKernel(kernel);
  for (auto [entry, map] : llvm::zip(entries, places))
    rewriteEntry(entry, map);
}

namespace {
struct PlanMemory : dpc::impl::PlanMemoryBase<PlanMemory> {
  void runOnOperation() override { Planner(getOperation()).run(); }
};
} // namespace
