//===- Inflate.h - zlib -------------------------------------------------------------*- C++ -*-===//
#ifndef DPRT_DATA_INFLATE_H
#define DPRT_DATA_INFLATE_H

#include "dprt/status.h"

#include <cstdint>
#include <string>
#include <vector>

namespace dprt {

bool isGzip(const std::vector<uint8_t> &bytes);

/// All members of a gzip file; `path` is for messages.
Result<std::vector<uint8_t>> inflateGzip(const std::string &path,
                                         const std::vector<uint8_t> &compressed);

/// A bare deflate stream of known size (zip).
Result<std::vector<uint8_t>> inflateRaw(const std::string &path,
                                        const std::vector<uint8_t> &compressed, int64_t size);

/// CRC-32 as gzip and zip use it.
uint32_t checksum(const std::vector<uint8_t> &bytes);

} // namespace dprt
#endif
