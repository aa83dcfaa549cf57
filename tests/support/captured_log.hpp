#pragma once
// What the program writes to its log while this lives, from any thread: events are counted by their names.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/runtime/files.hpp"

namespace jindu {

class CapturedLog {
 public:
  CapturedLog() {
    std::fflush(stdout);
    std::fflush(stderr);
    const int file = ::mkstemp(name_);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    ::close(file);
  }
  ~CapturedLog() {
    std::fflush(stdout);
    std::fflush(stderr);
    ::dup2(out_, STDOUT_FILENO);
    ::dup2(error_, STDERR_FILENO);
    ::close(out_);
    ::close(error_);
    ::unlink(name_);
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  // Lines so far that have all of these in them.
  int lines(std::initializer_list<std::string_view> words) const {
    std::fflush(stdout);
    const auto text = files::read_text(name_).value();
    int number = 0;
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find('\n', at), text.size());
      const auto line = std::string_view(text).substr(at, end - at);
      bool all = true;
      for (const auto word : words) all = all && line.find(word) != std::string_view::npos;
      number += all;
      at = end + 1;
    }
    return number;
  }

 private:
  char name_[32] = "/tmp/jindu-log-XXXXXX";
  int out_ = ::dup(STDOUT_FILENO), error_ = ::dup(STDERR_FILENO);
};

}  // namespace jindu
