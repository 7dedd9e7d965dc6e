//===- FatBinary.h - PTX out of what modules are loaded from ------------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_DRIVER_FATBINARY_H
#define DPC_SIMULATOR_DRIVER_FATBINARY_H

#include "simulator/Driver/Api.h"

#include <string>
#include <string_view>

namespace sim::driver {

/// The PTX to load, or why there is none.
struct Image {
  Result result = Result::Success;
  std::string ptx;
  std::string error; ///< in words, for the JIT's log
};

/// `image`: NUL-terminated PTX, a fatbin (or the wrapper around one that nvcc puts into programs),
/// or a cubin, of which only the first have PTX. Of several texts in a fatbin it is the one for the
/// newest architecture that is not newer than `architecture`. Sizes are in the headers, so that
/// none is given, as in the driver's interface.
Image readImage(const void *image, unsigned architecture);
/// False for the contents of a file that readImage would read beyond the end of.
bool isWhole(std::string_view image);

} // namespace sim::driver
#endif
