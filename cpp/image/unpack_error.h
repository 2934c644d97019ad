// SPDX-License-Identifier: Apache-2.0
// What is wrong with an archive, as opposed to what the kernel refused
// (SysError): nothing a retry or more rights would change.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace slipway {

class UnpackError : public std::exception {
 public:
  // `code` is one of: NOT_AN_ARCHIVE TRUNCATED BAD_NUMBER BAD_HEADER BAD_NAME
  // PATH_ESCAPES NAME_TOO_LONG TOO_DEEP TOO_MANY_ENTRIES TOO_LARGE
  // RECORD_TOO_LARGE BAD_SPARSE_MAP UNSUPPORTED_TYPE DEVICE_RANGE WHITEOUT BAD_LINK.
  UnpackError(std::string code, std::string path, std::string message)
      : code(std::move(code)), path(std::move(path)), message(std::move(message)) {
    text_ = this->code + ": " + this->path + ": " + this->message;
  }

  const char* what() const noexcept override { return text_.c_str(); }

  std::string code, path, message;

 private:
  std::string text_;
};

}  // namespace slipway
