//===- ParseTest.cpp - what the PTX parser accepts and how it refuses -------------------------===//

#include "simulator/Parse/Forms.h"

#include <cstring>
#include <fmt/format.h>
#include <gtest/gtest.h>

using namespace ptx;

namespace {

constexpr std::string_view header = ".version 8.0\n.target sm_80\n.address_size 64\n";

Module good(std::string_view text, std::string_view head = header) {
  ParseResult result = parseModule(std::string(head) + std::string(text), "test");
  EXPECT_TRUE(result.module) << result.error.line << ":" << result.error.column << ": "
                             << result.error.message;
  return result.module ? std::move(*result.module) : Module();
}

/// "line:column: message"; lines are counted from the text, behind the header.
std::string bad(std::string_view text, std::string_view head = header) {
  ParseResult result = parseModule(std::string(head) + std::string(text), "test");
  if (result.module)
    return "accepted";
  auto lines = static_cast<uint32_t>(std::count(head.begin(), head.end(), '\n'));
  return fmt::format("{}:{}: {}", result.error.line - lines, result.error.column,
                     result.error.message);
}

std::string kernel(std::string_view body) {
  return fmt::format(".visible .entry k(.param .u64 p)\n{{\n"
                     ".reg .pred %p<9>; .reg .b16 %h<9>; .reg .b32 %r<9>; .reg .b64 %rd<9>; "
                     ".reg .f32 %f<9>; .reg .f64 %fd<9>; .reg .u32 %u<9>; .reg .s32 %s<9>;\n"
                     "{}\n}}\n",
                     body);
}

/// The first instruction of a kernel.
Instruction first(std::string_view body) {
  Module module = good(kernel(body));
  return module.functions.empty() || module.functions[0].instructions.empty()
             ? Instruction()
             : module.functions[0].instructions[0];
}

std::string refused(std::string_view body) {
  std::string text = bad(kernel(body));
  return text.starts_with("4:") ? text.substr(2) : text;
}

TEST(Parse, Instruction) {
  Instruction add = first("@!%p1 add.rn.ftz.f32 %f1, %f2, 0f3F800000;");
  EXPECT_EQ(add.opcode, Opcode::Add);
  EXPECT_TRUE(add.hasGuard && add.guardNegated);
  EXPECT_EQ(add.fullName(), "add.rn.ftz.f32");
  EXPECT_EQ(add.types, std::vector<Type>{Type::F32});
  EXPECT_EQ(add.line.ptx, 7u);
  ASSERT_EQ(add.operands.size(), 3u);
  EXPECT_EQ(add.operands[2].bits, 0x3f800000u);
  EXPECT_TRUE(add.operands[2].isFloat && add.operands[2].isSingle);
  EXPECT_EQ(form(add.form).opcode, Opcode::Add);
}

TEST(Parse, ConstantExpressions) {
  EXPECT_EQ(first("add.s32 %r1, %r2, 4*2+1;").operands[2].bits, 9u);
  EXPECT_EQ(first("add.s32 %r1, %r2, WARP_SZ-1;").operands[2].bits, 31u);
  EXPECT_EQ(first("add.s32 %r1, %r2, -0x10;").operands[2].bits, uint64_t(-16));
  EXPECT_EQ(first("add.s32 %r1, %r2, 017U;").operands[2].bits, 15u);
  EXPECT_EQ(first("add.s32 %r1, %r2, 0b101;").operands[2].bits, 5u);
  EXPECT_EQ(first("add.s32 %r1, %r2, (1<<4|3)>2?7:8;").operands[2].bits, 7u);
  EXPECT_EQ(first("add.s32 %r1, %r2, -7/2;").operands[2].bits, uint64_t(-3));
  EXPECT_EQ(first("add.s32 %r1, %r2, (.u64)-1>>63;").operands[2].bits, 1u);
  EXPECT_EQ(refused("add.s32 %r1, %r2, 1/0;"), "20: a division by zero");
  double half = 0.5;
  uint64_t bits;
  std::memcpy(&bits, &half, sizeof bits);
  EXPECT_EQ(first("add.f32 %f1, %f2, 0.5;").operands[2].bits, bits);
}

TEST(Parse, Addresses) {
  Instruction load = first("ld.global.v2.f32 {%f1, _}, [%rd1+-24];");
  ASSERT_EQ(load.operands.size(), 2u);
  EXPECT_EQ(load.operands[0].elements[1].kind, Operand::Kind::Sink);
  EXPECT_EQ(load.operands[1].kind, Operand::Kind::Address);
  EXPECT_EQ(load.operands[1].elements[0].kind, Operand::Kind::Register);
  EXPECT_EQ(load.operands[1].elements[0].offset, -24);
  Instruction parameter = first("ld.param.u64 %rd1, [p+8];");
  EXPECT_EQ(parameter.operands[1].elements[0].kind, Operand::Kind::Parameter);
  EXPECT_EQ(parameter.operands[1].elements[0].offset, 8);
  EXPECT_EQ(first("mov.b64 %rd1, p;").operands[1].kind, Operand::Kind::Parameter);
  EXPECT_EQ(first("ld.shared.u32 %r1, [16];").operands[1].elements[0].bits, 16u);
}

TEST(Parse, SpecialRegisters) {
  EXPECT_EQ(first("mov.u32 %r1, %ctaid.y;").operands[1].special, Special::CtaidY);
  EXPECT_EQ(first("mov.u64 %rd1, %clock64;").operands[1].special, Special::Clock64);
  Operand smem = first("mov.b32 %r1, %reserved_smem_offset_1;").operands[1];
  EXPECT_EQ(smem.special, Special::ReservedSmem);
  EXPECT_EQ(smem.bits, 4u);
  EXPECT_EQ(first("mov.u32 %r1, %envreg31;").operands[1].bits, 31u);
  EXPECT_EQ(refused("mov.u32 %r1, %envreg32;"), "14: unknown special register `%envreg32`");
  EXPECT_EQ(refused("mov.u32 %r1, %tid.q;"),
            "14: `%tid.q` is neither a declared register nor a special one");
  EXPECT_EQ(refused("add.u32 %r1, %tid.x, 1;"),
            "14: operand 2 of `add.u32`: the special register `%tid.x` in `add`: only mov and cvt "
            "read those");
}

TEST(Parse, UnknownInstruction) {
  EXPECT_EQ(refused("adc.u32 %r1, %r2, %r3;"), "1: unknown instruction `adc`; `add`?");
  EXPECT_EQ(refused("frobnicate %r1;"), "1: unknown instruction `frobnicate`");
  EXPECT_EQ(refused("vadd.u32.u32.u32 %r1, %r2, %r3;"),
            "1: `vadd` is not supported by the simulator");
}

TEST(Parse, WrongModifiers) {
  EXPECT_EQ(refused("add.rx.f32 %f1, %f2, %f3;").substr(0, 38),
            "4: `add` has no modifier .rx: after `a");
  EXPECT_EQ(refused("add.ftz.rn.f32 %f1, %f2, %f3;"),
            "8: the modifier .rn cannot stand here: after `add.ftz` expected .sat, .f32, .f16 or "
            ".f16x2");
  EXPECT_EQ(refused("fma.rn.ftz.ftz.f32 %f1, %f2, %f3, %f1;"),
            "11: the modifier .ftz is there twice: after `fma.rn.ftz` expected .sat, .f32, .f16, "
            ".f16x2 or .relu");
  EXPECT_EQ(refused("mul.lo %r1, %r2, %r3;"),
            "1: `mul.lo` lacks a modifier: expected .u16, .u32, .u64, .s16, .s32 or .s64");
  EXPECT_EQ(refused("bar.sync.cta 0;"),
            "9: the modifier .cta cannot stand here: `bar.sync` is complete");
}

TEST(Parse, WrongOperands) {
  EXPECT_EQ(refused("add.u32 %r1, %r2;"), "17: `add.u32` takes 3 operands, not 2");
  EXPECT_EQ(refused("add.u64 %rd1, %rd2, %r3;"),
            "21: operand 3 of `add.u64`: `%r3` (.b32) where a 64-bit integer or bit register or an "
            "integer constant is expected");
  EXPECT_EQ(refused("add.u32 %r1, %r2, 1.5;"),
            "19: operand 3 of `add.u32`: a floating-point constant where a 32-bit integer or bit "
            "register or an integer constant is expected");
  EXPECT_EQ(refused("add.f32 %f1, %f2, 1;"),
            "19: operand 3 of `add.f32`: an integer constant where a .f32 or .b32 register or a "
            "floating-point constant is expected");
  EXPECT_EQ(refused("add.u32 1, %r1, %r2;"),
            "9: operand 1 of `add.u32`: an integer constant where a 32-bit integer or bit register "
            "is expected");
  EXPECT_EQ(refused("add.u32 %r1, [%rd1], %r2;"),
            "14: operand 2 of `add.u32`: an address in brackets where a 32-bit integer or bit "
            "register or an integer constant is expected");
  EXPECT_EQ(refused("ld.global.u32 %r1, [%f1];"),
            "20: operand 2 of `ld.global.u32`: the address `%f1` (.f32) where a 64-bit integer or "
            "bit register is expected");
  EXPECT_EQ(refused("bar.sync 16;"), "10: operand 1 of `bar.sync`: 16 where 0 to 15 is expected");
  EXPECT_EQ(refused("bar.sync 0, 33;"),
            "13: operand 2 of `bar.sync`: 33 where a positive multiple of 32 is expected");
  EXPECT_EQ(refused("add.u32 %r1, %r9, 1;"),
            "14: `%r9` is neither a declared register nor a special one");
}

TEST(Parse, WideRegistersForNarrowTypes) {
  const char *head = ".version 8.3\n.target sm_80\n.address_size 64\n";
  EXPECT_EQ(bad(kernel(".reg .b128 q; ld.global.b128 q, [%rd1];"), head), "accepted");
  EXPECT_EQ(bad(kernel(".reg .b128 q; ld.global.u32 q, [%rd1];"), head),
            "4:29: operand 1 of `ld.global.u32`: `q` (.b128): registers of 128 bits for narrower "
            "types are not supported");
  EXPECT_NE(bad(kernel(".reg .b128 q; st.global.v2.b64 [%rd1], {q, %rd2};"), head), "accepted");
  EXPECT_NE(bad(kernel(".reg .b128 q; cvt.u32.u64 q, %rd1;"), head), "accepted");
}

TEST(Parse, WhatPtxasRefusesToo) {
  const char *lines[] = {
      "vabsdiff4.u32.u32.u32.add %r1, %r2, 5, %r3;",
      "cvt.rn.bf16.f32 %r1, %f1;",
      "cvt.f32.bf16 %f1, %r1;",
      "mov.u16 %h1, %laneid;",
      "mov.u32 %r1, %clock64;",
      "{ .param .b32 x; @%p1 st.param.b32 [x], %r1; }",
      "alloca.u64 %rd1, %rd2, 12;",
      "mma.sync.aligned.m8n8k16.row.col.s32.s8.u8.s32 {%f1, %f2}, {%r1}, {%r2}, {%r3, %r4};",
      "createpolicy.cvt.L2.b32 %r1, %r2;",
      "st.global.v2.b16 [%rd1], {%r1, %h1};",
  };
  for (const char *line : lines)
    EXPECT_NE(refused(line), "accepted") << line;
}

TEST(Parse, RelaxedTypes) {
  first("ld.global.u8 %r1, [%rd1];");
  first("ld.global.s8 %rd2, [%rd1];");
  first("st.global.u16 [%rd1], %rd2;");
  first("st.global.f32 [%rd1], %rd2;");
  first("cvt.u8.u32 %h1, %rd1;");
  first("and.b32 %f1, %f2, %f3;");
  EXPECT_NE(refused("ld.global.u32 %f1, [%rd1];"), "accepted");
  EXPECT_NE(refused("ld.global.u32 %h1, [%rd1];"), "accepted");
  EXPECT_NE(refused("st.global.f32 [%rd1], %fd1;"), "accepted");
  EXPECT_NE(refused("fma.rn.f32 %f1, %u2, %f3, %f1;"), "accepted");
  EXPECT_NE(refused("shl.b64 %rd1, %rd2, %rd3;"), "accepted");
  EXPECT_NE(refused("mov.b32 %r1, 1.0;"), "accepted");
  EXPECT_NE(refused("mov.b32 %r1, %p1;"), "accepted");
}

TEST(Parse, Versions) {
  EXPECT_EQ(bad(kernel("add.rn.bf16 %h1, %h2, %h3;")),
            "4:1: `add.rn.bf16` needs .target sm_90, the module says sm_80");
  EXPECT_EQ(bad(kernel("cp.async.wait_all;"), ".version 6.4\n.target sm_80\n.address_size 64\n"),
            "4:1: `cp.async.wait_all` needs PTX version 7.0, the module says 6.4");
}

TEST(Parse, Labels) {
  Module module = good(kernel("{ bra L; { L: ret; } bra M; }\nL: bra N;\nM: N:"));
  const Function &function = module.functions[0];
  const auto &code = function.instructions;
  ASSERT_EQ(code.size(), 4u);
  // The inner L belongs to the inner block: the first bra means the outer one.
  EXPECT_EQ(function.labels[code[0].operands[0].label].instruction, 3u);
  EXPECT_EQ(function.labels[code[2].operands[0].label].instruction, 4u);
  EXPECT_EQ(refused("bra NOWHERE;"), "5: the label `NOWHERE` is not in this function");
  EXPECT_EQ(refused("L: L: ret;"), "4: the label `L` is there twice");
}

TEST(Parse, BranchTables) {
  Module module = good(kernel("A: ret; B: ts: .branchtargets A, B; brx.idx %r1, ts;"));
  const Function &function = module.functions[0];
  const Instruction &branch = function.instructions.back();
  ASSERT_EQ(branch.operands.size(), 2u);
  const auto &table = function.tables[branch.operands[1].label];
  ASSERT_EQ(table.size(), 2u);
  EXPECT_EQ(function.labels[table[1]].instruction, 1u);
  EXPECT_EQ(refused("A: brx.idx %r1, A;"), "17: `A` is no list of .branchtargets");
}

TEST(Parse, ScopesOfRegisters) {
  good(kernel("{ .reg .pred p; .reg .b32 t<3>; setp.ne.u32 p, t2, 0; }\n{ .reg .b32 t<2>; }"));
  EXPECT_EQ(refused("{ .reg .b32 t; } mov.u32 t, 0;").substr(0, 4), "26: ");
  EXPECT_EQ(refused(".reg .b32 a, a;"), "14: `a` is declared twice in this block");
  EXPECT_EQ(refused(".reg .b32 %q<4000000000>;"), "14: more than 1048576 registers in a module");
}

TEST(Parse, Calls) {
  std::string_view callee = ".func (.param .b32 r) f(.param .b64 a, .param .align 4 .b8 s[12]);\n";
  std::string_view body = "{ .param .b64 x; .param .align 4 .b8 y[12]; .param .b32 z;\n"
                          "st.param.b64 [x+0], %rd1; call.uni (z), f, (x, y);\n"
                          "ld.param.b32 %r1, [z+0]; }";
  Module module = good(std::string(callee) + kernel(body));
  const Instruction &call = module.functions[1].instructions[1];
  ASSERT_EQ(call.operands.size(), 3u);
  EXPECT_EQ(call.operands[0].elements[0].kind, Operand::Kind::CallSlot);
  EXPECT_EQ(call.operands[1].function, 0u);
  EXPECT_EQ(call.operands[2].elements.size(), 2u);
  EXPECT_EQ(refused("call g;"), "6: `g` is not declared");
  EXPECT_EQ(bad(std::string(callee) + kernel("{ .param .b32 x; call (x), f, (x); }")),
            "5:28: `f` has 2 arguments, not 1");
  EXPECT_EQ(bad(std::string(callee) + kernel("{ .param .b32 x; call (x), f, (x, x); }")),
            "5:28: number 1 of the arguments of `f` has 8 bytes, not 4");
  good(kernel("{ .param .b32 a; q: .callprototype (.param .b32 _) _ (.param .b32 _);\n"
              "call (a), %rd1, (a), q; }"));
  EXPECT_EQ(refused("call %rd1, ();"), "6: a call through a register without a prototype");
}

TEST(Parse, UseBeforeDefinition) {
  Module module = good(kernel("call f; mov.u64 %rd1, f;") + ".func f() { ret; }\n");
  EXPECT_FALSE(module.find("f")->isDeclaration);
}

TEST(Parse, Alias) {
  Module module = good(".func a();\n.func b() { ret; }\n.alias a, b;\n" + kernel("call a;"));
  EXPECT_EQ(module.functions[2].instructions[0].operands[1].function, 1u);
}

TEST(Parse, Variables) {
  Module module = good(".global .align 4 .b8 a[8] = {1, 0xff};\n"
                       ".global .u64 p[2] = {generic(a)+4, a};\n"
                       ".const .f32 c[2][2] = {{1.0, 0f40000000}, {3.0}};\n"
                       ".global .b8 m[3] = {0xFF(a), 0xFF00(generic(a)), 7};\n"
                       ".global .b8 s[] = \"hi\";\n"
                       ".extern .shared .align 16 .b8 x[];\n.extern .shared .align 8 .b8 y[];\n");
  ASSERT_EQ(module.variables.size(), 7u);
  EXPECT_EQ(module.variables[0].initial, (std::vector<uint8_t>{1, 0xff}));
  const auto &pointers = module.variables[1].relocations;
  ASSERT_EQ(pointers.size(), 2u);
  EXPECT_TRUE(pointers[0].generic && pointers[0].addend == 4 && pointers[0].bytes == 8);
  EXPECT_EQ(pointers[1].at, 8u);
  EXPECT_EQ(module.variables[2].bytes, 16u);
  EXPECT_EQ(module.variables[2].initial.size(), 12u);
  EXPECT_EQ(module.variables[3].relocations[1].shift, 8);
  EXPECT_EQ(module.variables[3].relocations[1].bytes, 1);
  EXPECT_EQ(module.variables[4].bytes, 3u);
  EXPECT_TRUE(module.variables[5].isExternal && module.variables[5].bytes == 0);
}

TEST(Parse, WrongVariables) {
  EXPECT_EQ(bad(".global .b8 a[2] = {1, 2, 3};"), "1:27: more initial values than elements");
  EXPECT_EQ(bad(".global .b8 a = {1};"), "1:17: expected a constant, found `{`");
  EXPECT_EQ(bad(".shared .b8 a[8] = {1};"), "1:18: an initial value of a .shared variable");
  EXPECT_EQ(bad(".global .f32 a = 1;"), "1:18: an integer as initial value of a .f32");
  EXPECT_EQ(bad(".global .align 3 .b8 a;"), "1:16: alignment 3 is no power of two");
  EXPECT_EQ(bad(".global .b64 a[1000000000][1000000000];"),
            "1:15: `a` is larger than 4294967296 bytes");
  EXPECT_EQ(bad(".const .b8 a[65537];"),
            "1:12: with `a` .const memory holds 65537 bytes; there are 65536");
  EXPECT_EQ(bad(".global .b32 a; .global .b32 a;"), "1:30: `a` is declared twice");
}

TEST(Parse, Parameters) {
  Module module = good(".entry k(.param .u32 a, .param .align 16 .b8 s[20], .param .u8 b,\n"
                       ".param .u64 .ptr .global .align 8 q)\n"
                       ".maxntid 64, 2 .reqntid 128 .minnctapersm 2 .maxnreg 40 { ret; }\n");
  const Function &kernel = module.functions[0];
  EXPECT_EQ(kernel.parameters[1].offset, 16u);
  EXPECT_EQ(kernel.parameters[2].offset, 36u);
  EXPECT_EQ(kernel.parameters[3].offset, 40u);
  EXPECT_EQ(kernel.parameters[3].pointee, Space::Global);
  EXPECT_EQ(kernel.parameterBytes, 48u);
  EXPECT_EQ(kernel.maximumThreads[1], 2u);
  EXPECT_EQ(kernel.requiredThreads[0], 128u);
  EXPECT_EQ(kernel.requiredThreads[2], 1u);
  EXPECT_EQ(kernel.minimumBlocks, 2u);
}

TEST(Parse, Debugging) {
  Module module = good(".file 1 \"/a b/k.cu\"\n" +
                       kernel(".loc 1 23 5, function_name $L__s, inlined_at 1 7 2\n"
                              ".pragma \"nounroll\"; ret;") +
                       ".section .debug_str\n{\n$L__s:\n.b8 1,2\n.b32 $L__s+4, .debug_str\n}\n");
  EXPECT_EQ(module.files[1], "/a b/k.cu");
  EXPECT_EQ(module.functions[0].instructions[0].line.source, 23u);
  EXPECT_EQ(module.functions[0].instructions[0].line.file, 1u);
}

TEST(Parse, Syntax) {
  EXPECT_EQ(bad("", ""), "1:1: expected `.version`, found the end of the text");
  EXPECT_EQ(bad("", ".version 8.0\n.target compute_80\n"), "0:9: unknown target `compute_80`");
  EXPECT_EQ(bad("/* open"), "1:1: a comment that does not end");
  EXPECT_EQ(bad(".entry k() { ret"), "1:17: expected an operand, found the end of the text");
  EXPECT_EQ(bad(".entry k() { ret;"),
            "1:18: the text ends in the body of `k`, which starts in line 4");
  EXPECT_EQ(bad(".tex .u64 t;"), "1:1: unknown directive `.tex` outside functions");
  EXPECT_EQ(refused("ret;;"), "5: expected an instruction, a directive or `}`, found `;`");
  EXPECT_EQ(refused("ret; \x01"), "6: unexpected byte 0x01");
}

TEST(Parse, GarbageEndsSoon) {
  for (std::string_view piece : {"{", "(", "[", "-", "1+", "1?1:", "@", ".reg", "<", "~("}) {
    std::string many;
    for (int i = 0; i < 20000; ++i)
      many += piece;
    EXPECT_NE(bad(kernel(many)), "accepted");
    EXPECT_NE(bad(".global .b32 x[" + many), "accepted");
    EXPECT_NE(bad(".global .b32 x[1] = " + many), "accepted");
  }
}

/// Truncations of a text that has everything end in an error, not in a crash.
TEST(Parse, Truncations) {
  std::string text = std::string(header) + ".global .u64 g[2] = {generic(g), 0xF};\n" +
                     kernel("L: @%p1 ld.global.v2.f32 {%f1, %f2}, [%rd1+8]; bra.uni L;\n"
                            "shfl.sync.idx.b32 %r1|%p2, %r2, 4*2, 31, -1; /* c */ // d\n"
                            "{ .param .b32 a; call (a), f, (a); }") +
                     ".func (.param .b32 r) f(.param .b32 a) { ret; }\n";
  ASSERT_TRUE(parseModule(text, "test").module);
  for (size_t size = 0; size + 60 < text.size(); ++size)
    parseModule(std::string_view(text).substr(0, size), "test");
}

TEST(Forms, EveryOpcodeHasOne) {
  std::vector<bool> seen(256);
  for (const Form &form : forms())
    seen[static_cast<size_t>(form.opcode)] = true;
#define PTX_OPCODE(enumerator, text)                                                               \
  EXPECT_TRUE(seen[static_cast<size_t>(Opcode::enumerator)]) << text;
#include "simulator/Parse/Opcodes.def"
}

TEST(Forms, Table) {
  std::string table = instructionTable();
  EXPECT_NE(table.find("| `shl`(.b16\\|.b32\\|.b64) | T, T, .u32 | 1.0, sm_10 |"),
            std::string::npos);
}

} // namespace
