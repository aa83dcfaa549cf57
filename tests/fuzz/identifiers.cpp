// Numbers, codes and encodings that people and browsers send.
#include "common/catalogue/identifiers.hpp"

#include "common/runtime/ids.hpp"
#include "extranet-portal/domain/declaration_number.hpp"
#include "tests/fuzz/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto format : {"resident-id", "uscc", "cn-mobile", "cn-phone", "cn-postcode", "date", "email"}) {
    if (!catalogue::has_format(format, text)) continue;
    promise(
        text.size() <= 254 && text.find('\0') == std::string_view::npos && text.find('\n') == std::string_view::npos,
        "a number is short and printable");
  }
  promise(!is_uuid(text) || text.size() == 36, "a UUID has 36 characters");
  if (portal::is_declaration_number(text)) promise(text.size() == 17, "a declaration number has 17 characters");
  if (const auto bytes = from_hex(text)) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    promise(to_hex(*bytes) == lower, "hex is read as it is written");
  }
  if (const auto bytes = from_base64(text)) promise(to_base64(*bytes) == text, "base64 has one spelling");
  if (const auto bytes = from_base64url(text)) promise(to_base64url(*bytes) == text, "base64url has one spelling");
  return 0;
}
