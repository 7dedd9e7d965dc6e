//===- Module.cpp - names and sizes of what a module holds ------------------------------------===//

#include "simulator/Parse/Module.h"

#include <algorithm>

namespace ptx {

namespace {
struct TypeEntry {
  Type type;
  std::string_view name;
  unsigned bits;
  bool isFloat;
  bool isSigned;
};
constexpr TypeEntry types[] = {
    {Type::None, "none", 0, false, false},    {Type::Pred, "pred", 1, false, false},
    {Type::B8, "b8", 8, false, false},        {Type::B16, "b16", 16, false, false},
    {Type::B32, "b32", 32, false, false},     {Type::B64, "b64", 64, false, false},
    {Type::B128, "b128", 128, false, false},  {Type::U8, "u8", 8, false, false},
    {Type::U16, "u16", 16, false, false},     {Type::U32, "u32", 32, false, false},
    {Type::U64, "u64", 64, false, false},     {Type::S8, "s8", 8, false, true},
    {Type::S16, "s16", 16, false, true},      {Type::S32, "s32", 32, false, true},
    {Type::S64, "s64", 64, false, true},      {Type::F16, "f16", 16, true, true},
    {Type::F16x2, "f16x2", 32, true, true},   {Type::BF16, "bf16", 16, true, true},
    {Type::BF16x2, "bf16x2", 32, true, true}, {Type::TF32, "tf32", 32, true, true},
    {Type::F32, "f32", 32, true, true},       {Type::F64, "f64", 64, true, true},
    {Type::U16x2, "u16x2", 32, false, false}, {Type::S16x2, "s16x2", 32, false, true},
    {Type::E4M3, "e4m3", 8, true, true},      {Type::E5M2, "e5m2", 8, true, true},
    {Type::E4M3x2, "e4m3x2", 16, true, true}, {Type::E5M2x2, "e5m2x2", 16, true, true},
    {Type::F32x2, "f32x2", 64, true, true},   {Type::U4, "u4", 4, false, false},
    {Type::S4, "s4", 4, false, true},         {Type::B1, "b1", 1, false, false},
};
} // namespace

static const TypeEntry &entry(Type type) { return types[static_cast<size_t>(type)]; }

unsigned bitWidth(Type type) { return entry(type).bits; }
bool isFloat(Type type) { return entry(type).isFloat; }
bool isSigned(Type type) { return entry(type).isSigned; }
bool isEightBitPair(Type type) { return type == Type::E4M3x2 || type == Type::E5M2x2; }
std::string_view name(Type type) { return entry(type).name; }

std::string_view name(Space space) {
  static constexpr std::string_view names[] = {"generic", "reg",   "const", "global",
                                               "local",   "param", "shared"};
  return names[static_cast<size_t>(space)];
}

std::string_view name(Opcode opcode) {
  static constexpr std::string_view names[] = {
#define PTX_OPCODE(enumerator, text) text,
#include "simulator/Parse/Opcodes.def"
  };
  return names[static_cast<size_t>(opcode)];
}

bool Instruction::has(std::string_view modifier) const {
  return std::find(modifiers.begin(), modifiers.end(), modifier) != modifiers.end();
}

std::string Instruction::fullName() const {
  std::string text(name(opcode));
  for (std::string_view modifier : modifiers) {
    text += '.';
    text += modifier;
  }
  return text;
}

const Function *Module::find(std::string_view function) const {
  for (const Function &candidate : functions)
    if (candidate.name == function)
      return &candidate;
  return nullptr;
}

} // namespace ptx
