//===- Backend.cpp - LLVM passes and instruction selection for one CPU ------------------------===//
#include "lib/CodeGen/CPU/Backend.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"

using namespace dpc;

void dpc::registerMachineCodeTranslations(mlir::DialectRegistry &registry) {
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
}

static llvm::Expected<std::unique_ptr<llvm::TargetMachine>> makeMachine(const CpuTarget &target,
                                                                        unsigned optLevel) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  std::string reason;
  llvm::Triple triple(target.triple);
  const llvm::Target *found = llvm::TargetRegistry::lookupTarget(triple, reason);
  if (!found)
    return llvm::createStringError(reason);
  std::unique_ptr<llvm::TargetMachine> machine(found->createTargetMachine(
      triple, target.cpu, target.features, llvm::TargetOptions(), llvm::Reloc::PIC_,
      llvm::CodeModel::Small,
      optLevel == 0 ? llvm::CodeGenOptLevel::Less : llvm::CodeGenOptLevel::Default));
  if (!machine)
    return llvm::createStringError("no code generator for " + target.triple);
  return machine;
}

llvm::Expected<llvm::SmallVector<char, 0>> dpc::emitMachineCode(mlir::ModuleOp module,
                                                                const CpuTarget &target,
                                                                unsigned optLevel,
                                                                MachineCode kind) {
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine = makeMachine(target, optLevel);
  if (!machine)
    return machine.takeError();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> llvmModule =
      mlir::translateModuleToLLVMIR(module, context, "dpc", /*disableVerification=*/true);
  if (!llvmModule)
    return llvm::createStringError("the module is not entirely in the llvm dialect");
  llvmModule->setDataLayout((*machine)->createDataLayout());
  llvmModule->setTargetTriple(llvm::Triple(target.triple));

  llvm::SmallVector<char, 0> code;
  llvm::raw_svector_ostream stream(code);
  llvm::legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, stream, nullptr,
                                      kind == MachineCode::Object
                                          ? llvm::CodeGenFileType::ObjectFile
                                          : llvm::CodeGenFileType::AssemblyFile))
    return llvm::createStringError("no machine code for " + target.triple);
  passes.run(*llvmModule);
  return code;
}
