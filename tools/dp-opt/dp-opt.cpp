//===- dp-opt.cpp - mlir-opt with our dialects and passes -----------------------------------------===//

#include "dialect/Register.h"
#include "lib/Derive/Passes.h"
#include "lib/Schedule/Passes.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  dpc::registerDialects(registry);
  dpc::registerDerivePasses();
  dpc::registerSchedulePasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "dp-opt: passes of the dp compiler\n", registry));
}
