// The table of phases: what may be left, what is said about the rest, and that dumps are inputs.
#include "lib/Pipelines/Phases.h"
#include "lib/Pipelines/RegisterAll.h"
#include "lib/Support/Diagnostics.h"
#include "test/CodeGen/RandomPrograms.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace dpc;
using namespace mlir;

namespace {

class Phases : public testing::Test {
protected:
  Phases() {
    DialectRegistry registry;
    dpc::registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    options.cpu.target = llvm::cantFail(CpuTarget::get("native"));
  }
  OwningOpRef<ModuleOp> parse(const std::string &text) {
    return parseSourceString<ModuleOp>(text, &context);
  }
  static std::string print(ModuleOp module) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    module.print(stream);
    return text;
  }
  std::string diagnosticsOf(llvm::function_ref<void()> run) {
    std::string text;
    ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
      text += placeOf(diagnostic.getLocation()).str() + ": " + diagnostic.str() + "\n";
      return success();
    });
    run();
    return text;
  }

  MLIRContext context{MLIRContext::Threading::DISABLED};
  PipelineOptions options;
  std::string step = test::chainProgram({7, 20, 13, 3}, 9, "tanh", "softmax_cross_entropy");
};

TEST_F(Phases, areFoundByName) {
  for (const PhaseInfo &phase : phases()) {
    EXPECT_EQ(findPhase(phase.name), &phase);
    EXPECT_EQ(&info(phase.phase), &phase);
    EXPECT_FALSE(phase.help.empty());
  }
  EXPECT_EQ(findPhase("object"), nullptr);
}

TEST_F(Phases, continueFromTheirDumps) {
  for (unsigned level : {0u, 2u}) {
    options.cpu.optLevel = level;
    OwningOpRef<ModuleOp> module = parse(step);
    std::map<Phase, std::string> dumps;
    ASSERT_TRUE(succeeded(
        runPhases(*module, Phase::Schedule, Phase::LLVM, options, [&](const PhaseInfo &phase) {
          dumps[phase.phase] = print(*module);
          return success();
        })));
    ASSERT_EQ(dumps.size(), 4u);
    llvm::SmallVector<char, 0> straight = llvm::cantFail(emitCode(*module, Phase::Obj, options));
    for (const auto &[phase, dump] : dumps) {
      OwningOpRef<ModuleOp> again = parse(dump);
      ASSERT_TRUE(again) << dump;
      ASSERT_TRUE(succeeded(runPhases(*again, phase, Phase::LLVM, options)));
      EXPECT_EQ(llvm::cantFail(emitCode(*again, Phase::Obj, options)), straight)
          << info(phase).name.str() << " at level " << level;
    }
  }
}

TEST_F(Phases, leaveNoAllocationAndNoCopy) {
  for (unsigned level : {0u, 2u})
    for (unsigned seed = 0; seed < 8; ++seed) {
      options.cpu.optLevel = level;
      OwningOpRef<ModuleOp> module = parse(test::randomProgram(seed));
      ASSERT_TRUE(succeeded(
          runPhases(*module, Phase::Schedule, Phase::Target, options, [&](const PhaseInfo &phase) {
            if (phase.phase == Phase::Tensor)
              return success();
            module->walk([&](Operation *op) {
              std::string name = op->getName().getStringRef().str();
              EXPECT_EQ(name.find("alloc"), std::string::npos) << name;
              EXPECT_EQ(name.find("copy"), std::string::npos) << name;
            });
            return success();
          })));
    }
}

TEST_F(Phases, reportAnIntruderAtItsPlace) {
  OwningOpRef<ModuleOp> module =
      parse("func.func private @kernel(%a: memref<3xf32>) {\n"
            "  %0 = tensor.empty() : tensor<3xf32> loc(\"model.dp\":7:3)\n"
            "  return\n"
            "}\n");
  std::string text = diagnosticsOf(
      [&] { EXPECT_TRUE(failed(runPhases(*module, Phase::Buffer, Phase::Target, options))); });
  EXPECT_EQ(text, "model.dp:7:3: not supported yet: tensor.empty after phase target [DP9002]\n");
}

TEST_F(Phases, emitAssemblyForEveryInstructionSet) {
  for (auto [cpu, mnemonic] :
       {std::pair("avx512", "%zmm"), std::pair("avx2", "vfmadd"), std::pair("baseline", "mulps")}) {
    llvm::Expected<CpuTarget> target = CpuTarget::get(cpu);
    if (!target) {
      llvm::consumeError(target.takeError());
      continue; // not an x86
    }
    options.cpu.target = *target;
    OwningOpRef<ModuleOp> module = parse(step);
    ASSERT_TRUE(succeeded(runPhases(*module, Phase::Schedule, Phase::LLVM, options)));
    llvm::SmallVector<char, 0> text = llvm::cantFail(emitCode(*module, Phase::Asm, options));
    EXPECT_NE(llvm::StringRef(text.data(), text.size()).find(mnemonic), llvm::StringRef::npos)
        << cpu;
  }
}

TEST_F(Phases, knowNoOtherCpu) {
  llvm::Expected<CpuTarget> target = CpuTarget::get("pentium");
  ASSERT_FALSE(target);
  EXPECT_EQ(llvm::toString(target.takeError()),
            "unknown CPU 'pentium': expected native, avx512, avx2 or baseline");
}

} // namespace
