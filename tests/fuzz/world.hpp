#pragma once
// What the fuzz targets share: bytes cut into parts, promises that end the program when they are broken, and keys and
// certificates by which seeds stay valid from one build to the next.
#include <cstdlib>
#include <iostream>
#include <map>
#include <variant>

#include "common/crypto/cms.hpp"
#include "common/evidence/signed.hpp"

namespace jindu::fuzz {

// What must hold for every input; a broken one is a finding like a crash.
inline void promise(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken promise: " << what << '\n';
  std::abort();
}

// The input from its beginning to its end; what is not there is empty or zero.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : left_(data, size) {}
  std::uint8_t byte() {
    const std::uint8_t first = left_.empty() ? 0 : left_.front();
    left_ = left_.subspan(left_.empty() ? 0 : 1);
    return first;
  }
  // Two bytes, big-endian, say how long it is.
  BytesView part() {
    const std::size_t high = byte();
    const auto length = std::min<std::size_t>(high << 8 | byte(), left_.size());
    const auto part = left_.first(length);
    left_ = left_.subspan(length);
    return part;
  }
  // Up to the next NUL.
  std::string_view line() {
    const auto text = text_of(left_);
    const auto end = std::min(text.find('\0'), text.size());
    left_ = left_.subspan(std::min(end + 1, text.size()));
    return text.substr(0, end);
  }
  BytesView rest() { return std::exchange(left_, {}); }
  std::string_view text() { return text_of(rest()); }

 private:
  BytesView left_;
};

// How seeds are written: the counterparts of Input.
inline void put_part(Bytes& out, BytesView part) {
  out.push_back(static_cast<std::uint8_t>(part.size() >> 8));
  out.push_back(static_cast<std::uint8_t>(part.size()));
  out.insert(out.end(), part.begin(), part.end());
}

inline const Instant kNow = from_unix_ms(1'780'000'000'000);

// The key of a name is always the same: whatever was signed or sealed once stays good. Keys for tests, made of their
// names.
crypto::PrivateKey key_of(std::string_view name);
// The root's certificate is made anew each time; those below it hold all the same, since its name and key stay.
const crypto::Certificate& root();
const evidence::NodeTrust& trust();
const evidence::NodeSigner& node(const std::string& name);  // made once in a process

// A file in memory with these bytes, under a path that is valid while it lives.
class MemoryFile {
 public:
  explicit MemoryFile(BytesView bytes);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const;

 private:
  int number_;
};

}  // namespace jindu::fuzz
