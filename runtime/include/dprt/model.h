//===- model.h - a compiled model and its memory ------------------------------------*- C++ -*-===//
#ifndef DPRT_MODEL_H
#define DPRT_MODEL_H

#include "dprt/dprt.h"
#include "dprt/status.h"
#include "dprt/tensor.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dprt {

enum class Role { Input, Target, Parameter, Gradient, Value };

/// One `tensor` line of the description (dprt.h).
struct TensorPlace {
  std::string scope; ///< an entry, or `*`
  Role role = Role::Value;
  std::string name;
  std::vector<int64_t> shape;   ///< as in files
  std::vector<int64_t> strides; ///< in elements
  int64_t offset = 0;           ///< bytes into the arena

  int64_t elements() const;
};

struct Region {
  int64_t offset = 0, bytes = 0;
};

struct EntryPlace {
  std::string name, symbol;
};

/// The parsed text of dprt.h; every place is checked to lie inside the arena.
struct Description {
  static Result<Description> parse(std::string_view text);

  /// The tensor of that name in `scope`, else the one in `*`, else null.
  const TensorPlace *find(std::string_view scope, std::string_view name) const;
  /// Parameters in model order.
  std::vector<TensorType> parameterTypes() const;

  int64_t batch = 0;
  int64_t arenaBytes = 0;
  std::vector<EntryPlace> entries;
  std::vector<TensorPlace> tensors;
  Region parameters, gradients;
};

/// A description, its arena (64-byte aligned, zeroed) and its functions. Moves, does not copy.
class Model {
public:
  /// `resolve` gives the function of a symbol, null if there is none. Code::Machine if the arena
  /// does not fit into memory.
  static Result<Model> create(std::string_view description,
                              const std::function<dprt_entry(const std::string &)> &resolve);

  const Description &description() const { return *text; }
  int64_t batch() const { return text->batch; }
  bool has(std::string_view entry) const { return function(entry) != nullptr; }
  dprt_entry function(std::string_view entry) const;
  /// Runs an entry that the model has.
  void run(std::string_view entry, int64_t rows) { function(entry)(memory.get(), rows); }

  float *at(int64_t offset) { return reinterpret_cast<float *>(memory.get() + offset); }
  const float *at(int64_t offset) const {
    return reinterpret_cast<const float *>(memory.get() + offset);
  }
  float *parameterData() { return at(text->parameters.offset); }
  float *gradientData() { return at(text->gradients.offset); }
  int64_t parameterElements() const { return text->parameters.bytes / 4; }
  void *arena() { return memory.get(); }

  /// Elements in file order (row-major), whatever the strides in the arena.
  std::vector<float> read(const TensorPlace &place) const;
  void write(const TensorPlace &place, std::span<const float> values);

  /// All parameters in model order, named as in files (T10).
  std::vector<Tensor> readParameters() const;
  /// Expects what matchTensors() returns for description().parameterTypes().
  void writeParameters(std::span<const Tensor> tensors);

private:
  struct Free {
    void operator()(char *pointer) const;
  };
  std::unique_ptr<Description> text;
  std::vector<dprt_entry> functions; ///< per entry of the description
  std::unique_ptr<char, Free> memory;
};

} // namespace dprt
#endif
