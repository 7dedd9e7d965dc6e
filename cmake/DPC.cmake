# Helpers that keep a new folder at three lines: dpc_dialect(), dpc_passes(), dpc_library(), dpc_tool().
# Include root is the repository; generated headers have the same path in the build tree.

set(DPC_WARNINGS -Wall -Wextra -Wno-unused-parameter)
if(DPC_WERROR)
  list(APPEND DPC_WARNINGS -Werror)
endif()

# One precompiled header for all code that includes MLIR: without it such a file takes 15 s.
function(dpc_precompiled_header)
  add_library(dpc_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
  dpc_configure_target(dpc_pch)
  target_precompile_headers(dpc_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)
endfunction()

function(dpc_configure_target target)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  target_include_directories(${target} SYSTEM PRIVATE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  target_compile_definitions(${target} PRIVATE ${LLVM_DEFINITIONS_LIST})
  target_compile_options(${target} PRIVATE ${DPC_WARNINGS})
  target_link_libraries(${target} PRIVATE fmt::fmt)
endfunction()

# dpc_library(DPCName SOURCES a.cpp ... LINK DPCOther ... DEPENDS target ...)
function(dpc_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  dpc_configure_target(${name})
  target_precompile_headers(${name} REUSE_FROM dpc_pch)
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
  add_dependencies(${name} ${ARG_DEPENDS} dpc_generated)
  set_property(GLOBAL APPEND PROPERTY DPC_LIBRARIES ${name})
endfunction()

# dpc_tool(name SOURCES ... LINK ...)
function(dpc_tool name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  dpc_configure_target(${name})
  # The precompiled header is for -fPIC; -fPIE would not accept it.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC)
  target_precompile_headers(${name} REUSE_FROM dpc_pch)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} MLIR LLVM)
  add_dependencies(${name} ${ARG_DEPENDS} dpc_generated)
endfunction()

# dpc_tablegen(FILE.td OUTPUT flags ...): one generated file beside its source, in the build tree.
function(dpc_tablegen source output)
  file(RELATIVE_PATH relative ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(LLVM_TARGET_DEFINITIONS ${source})
  mlir_tablegen(${output} ${ARGN} EXTRA_INCLUDES ${CMAKE_SOURCE_DIR})
  set(TABLEGEN_OUTPUT ${TABLEGEN_OUTPUT} PARENT_SCOPE)
endfunction()

# dpc_dialect(Name prefix): NameDialect.td + NameOps.td of the current folder, code and documentation.
macro(dpc_dialect name prefix)
  dpc_tablegen(${name}Ops.td ${name}Ops.h.inc -gen-op-decls)
  dpc_tablegen(${name}Ops.td ${name}Ops.cpp.inc -gen-op-defs)
  dpc_tablegen(${name}Ops.td ${name}Dialect.h.inc -gen-dialect-decls -dialect=${prefix})
  dpc_tablegen(${name}Ops.td ${name}Dialect.cpp.inc -gen-dialect-defs -dialect=${prefix})
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}Enums.td)
    dpc_tablegen(${name}Enums.td ${name}Enums.h.inc -gen-enum-decls)
    dpc_tablegen(${name}Enums.td ${name}Enums.cpp.inc -gen-enum-defs)
  endif()
  dpc_tablegen(${name}Ops.td ${name}Dialect.md -gen-dialect-doc -dialect=${prefix})
  add_public_tablegen_target(dpc_generated_${name})
  add_dependencies(dpc_generated dpc_generated_${name})
endmacro()

# dpc_passes(Stage): Passes.td of the current folder, declarations and documentation.
macro(dpc_passes stage)
  dpc_tablegen(Passes.td Passes.h.inc -gen-pass-decls -name ${stage})
  dpc_tablegen(Passes.td Passes.md -gen-pass-doc)
  add_public_tablegen_target(dpc_generated_${stage})
  add_dependencies(dpc_generated dpc_generated_${stage})
endmacro()

add_custom_target(dpc_generated)
separate_arguments(LLVM_DEFINITIONS_LIST NATIVE_COMMAND "${LLVM_DEFINITIONS}")
list(TRANSFORM LLVM_DEFINITIONS_LIST REPLACE "^-D" "")
dpc_precompiled_header()
