//===- Model.cpp - a compiled model and its memory --------------------------------------------===//
#include "dprt/model.h"

#include "Core/Guard.h"
#include "Core/Memory.h"
#include "Train/View.h"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

using namespace dprt;

void Model::Free::operator()(char *pointer) const { std::free(pointer); }

/// Zeroed memory; big arenas in big pages, since a step walks all of one again and again.
static char *allocateArena(int64_t bytes) {
  constexpr size_t page = size_t{2} << 20;
  size_t alignment = size_t(bytes) >= 2 * page ? page : 64;
  if (!fitsIntoMemory(bytes))
    return nullptr;
  size_t size = (size_t(bytes) + alignment) / alignment * alignment;
  char *arena = static_cast<char *>(std::aligned_alloc(alignment, size));
  if (arena && alignment == page)
    (void)madvise(arena, size, MADV_HUGEPAGE);
  if (arena)
    std::memset(arena, 0, size);
  return arena;
}

Result<Model> Model::create(std::string_view description,
                            const std::function<dprt_entry(const std::string &)> &resolve) {
  return guard([&]() -> Result<Model> {
    Result<Description> parsed = Description::parse(description);
    if (!parsed.ok())
      return parsed.status();
    Model model;
    model.text = std::make_unique<Description>(std::move(*parsed));
    for (const EntryPlace &entry : model.text->entries) {
      model.functions.push_back(resolve(entry.symbol));
      if (!model.functions.back())
        return Status::internal(fmt::format("the model has no function `{}`", entry.symbol));
    }
    model.memory.reset(allocateArena(model.text->arenaBytes));
    if (!model.memory)
      return Status::machine(fmt::format("out of memory: the model needs {:.1f} MiB",
                                         double(model.text->arenaBytes) / (1 << 20)));
    return model;
  });
}

dprt_entry Model::function(std::string_view entry) const {
  for (size_t i = 0; i < functions.size(); ++i)
    if (text->entries[i].name == entry)
      return functions[i];
  return nullptr;
}

/// visit(place in memory) for every element in file order.
template <typename Visit> static void walk(const TensorPlace &place, Visit visit) {
  size_t rank = place.shape.size();
  std::vector<int64_t> index(rank, 0);
  int64_t at = 0;
  for (int64_t left = place.elements(); left > 0; --left) {
    visit(at);
    for (size_t i = rank; i-- > 0;) {
      at += place.strides[i];
      if (++index[i] < place.shape[i])
        break;
      at -= place.shape[i] * place.strides[i];
      index[i] = 0;
    }
  }
}

std::vector<float> Model::read(const TensorPlace &place) const {
  std::vector<float> values;
  values.reserve(size_t(place.elements()));
  const float *base = at(place.offset);
  walk(place, [&](int64_t element) { values.push_back(base[element]); });
  return values;
}

void Model::write(const TensorPlace &place, std::span<const float> values) {
  float *base = at(place.offset);
  const float *from = values.data();
  walk(place, [&](int64_t element) { base[element] = *from++; });
}

std::vector<Tensor> Model::readParameters() const {
  std::vector<Tensor> tensors;
  for (const TensorPlace &place : text->tensors)
    if (place.role == Role::Parameter)
      tensors.push_back({place.name, place.shape, read(place)});
  return tensors;
}

void Model::writeParameters(std::span<const Tensor> tensors) {
  size_t next = 0;
  for (const TensorPlace &place : text->tensors)
    if (place.role == Role::Parameter && next < tensors.size())
      write(place, *tensors[next++].f32());
}

View::View(Model &model, const TensorPlace &place) : base(model.at(place.offset)), starts{0} {
  rowStride = place.strides.empty() ? 0 : place.strides[0];
  // From the inside: dimensions that continue the run, then those that repeat it.
  size_t inner = place.shape.size();
  for (; inner > 1 && (place.strides[inner - 1] == length || place.shape[inner - 1] == 1); --inner)
    length *= place.shape[inner - 1];
  for (size_t i = 1; i < inner; ++i) {
    std::vector<int64_t> next;
    next.reserve(starts.size() * size_t(place.shape[i]));
    for (int64_t start : starts)
      for (int64_t k = 0; k < place.shape[i]; ++k)
        next.push_back(start + k * place.strides[i]);
    starts = std::move(next);
  }
  features = length * int64_t(starts.size());
}

std::vector<int64_t> View::offsets() const {
  std::vector<int64_t> result;
  result.reserve(size_t(features));
  for (int64_t start : starts)
    for (int64_t i = 0; i < length; ++i)
      result.push_back(start + i);
  return result;
}
