//===- SettingFunctions.h - the functions that settings take ------------------------*- C++ -*-===//
#pragma once

#include "lib/Frontend/Arguments.h"

namespace dpc {

/// `adam(beta1, …)` of `optimizer`, with its arguments in order (language.md 10).
struct SettingFunction {
  std::string setting;
  std::string name;
  std::vector<Formal> formals;
  bool available = true;
};

/// The function, or null if the setting has none of that name.
const SettingFunction *findSettingFunction(llvm::StringRef setting, llvm::StringRef name);
/// The names of a setting's functions.
std::vector<std::string> settingFunctions(llvm::StringRef setting);
/// Whether values of the setting are functions at all.
bool isFunctionSetting(llvm::StringRef setting);

} // namespace dpc
