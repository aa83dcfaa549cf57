#include "common/runtime/ids.hpp"

#include <sys/random.h>

#include <cerrno>
#include <stdexcept>

namespace jindu {
namespace {

void fill_random(std::uint8_t* out, std::size_t count) {
  while (count > 0) {
    const ssize_t got = ::getrandom(out, count, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::runtime_error("the operating system gives no random bytes");
    out += got;
    count -= static_cast<std::size_t>(got);
  }
}

}  // namespace

std::array<std::uint8_t, 16> uuid_v7(Instant now) {
  std::array<std::uint8_t, 16> id;
  fill_random(id.data() + 6, 10);
  const auto ms = static_cast<std::uint64_t>(to_unix_ms(now));
  for (int i = 0; i < 6; ++i) id[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(ms >> (8 * (5 - i)));
  id[6] = static_cast<std::uint8_t>(0x70 | (id[6] & 0x0f));
  id[8] = static_cast<std::uint8_t>(0x80 | (id[8] & 0x3f));
  return id;
}

std::string uuid_text(const std::array<std::uint8_t, 16>& id) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits[id[i] >> 4];
    text += digits[id[i] & 15];
  }
  return text;
}

std::string new_uuid(Instant now) { return uuid_text(uuid_v7(now)); }

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    if (hyphen ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

std::string random_code(std::size_t characters) {
  constexpr char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::string text(characters, '0');
  for (auto& c : text) {
    std::uint8_t byte;
    fill_random(&byte, 1);
    c = digits[byte & 31];
  }
  return text;
}

}  // namespace jindu
