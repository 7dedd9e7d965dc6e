//===- DecodeFamily.cpp - whose handlers execute an instruction -------------------------------===//
#include "simulator/Machine/Decoder.h"

using namespace sim;
using ptx::Opcode;

Selector sim::familyOf(const ptx::Instruction &instruction) {
  const Selectors &all = selectors();
  bool isFloat = ptx::isFloat(instruction.type());
  switch (instruction.opcode) {
  case Opcode::Ld:
  case Opcode::Ldu:
  case Opcode::St:
  case Opcode::Atom:
  case Opcode::Red:
  case Opcode::Cp:
  case Opcode::Prefetch:
  case Opcode::Prefetchu:
  case Opcode::Cvta:
  case Opcode::Isspacep:
  case Opcode::Alloca:
  case Opcode::Stacksave:
  case Opcode::Stackrestore:
  case Opcode::Mapa:
  case Opcode::Getctarank:
  case Opcode::Createpolicy:
    return all.memory;
  case Opcode::Ldmatrix:
  case Opcode::Stmatrix:
  case Opcode::Movmatrix:
  case Opcode::Mma:
  case Opcode::Wmma:
    return all.matrix;
  case Opcode::Shfl:
  case Opcode::Vote:
  case Opcode::Match:
  case Opcode::Redux:
  case Opcode::Activemask:
    return all.collective;
  case Opcode::Set:
  case Opcode::Setp:
    return all.compare;
  case Opcode::Cvt:
    return all.convert;
  case Opcode::Ex2:
  case Opcode::Lg2:
  case Opcode::Sin:
  case Opcode::Cos:
  case Opcode::Tanh:
  case Opcode::Rsqrt:
    return all.approximate;
  case Opcode::Rcp:
  case Opcode::Sqrt:
    return instruction.has("approx") ? all.approximate : all.floating;
  case Opcode::Div:
    if (instruction.has("approx") || instruction.has("full"))
      return all.approximate;
    return isFloat ? all.floating : all.integer;
  case Opcode::Fma:
  case Opcode::Copysign:
  case Opcode::Testp:
    return all.floating;
  case Opcode::Add:
  case Opcode::Sub:
  case Opcode::Mul:
  case Opcode::Mad:
  case Opcode::Abs:
  case Opcode::Neg:
  case Opcode::Min:
  case Opcode::Max:
    return isFloat ? all.floating : all.integer;
  case Opcode::Addc:
  case Opcode::Subc:
  case Opcode::Madc:
  case Opcode::Mul24:
  case Opcode::Mad24:
  case Opcode::Rem:
  case Opcode::Sad:
  case Opcode::Dp2a:
  case Opcode::Dp4a:
    return all.integer;
  default:
    return all.bits;
  }
}
