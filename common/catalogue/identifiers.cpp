#include "common/catalogue/identifiers.hpp"

#include <algorithm>
#include <array>

#include "common/catalogue/calendar.hpp"
#include "common/catalogue/pattern.hpp"

namespace jindu::catalogue {
namespace {

bool digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct Format {
  std::string_view name;
  bool (*holds)(std::string_view);
};
constexpr std::array<Format, 7> kFormats{{{"resident-id", is_resident_id},
                                          {"uscc", is_uscc},
                                          {"cn-mobile", is_cn_mobile},
                                          {"cn-phone", is_cn_phone},
                                          {"cn-postcode", is_cn_postcode},
                                          {"date", is_iso_date},
                                          {"email", is_email}}};

}  // namespace

bool is_resident_id(std::string_view text) {
  if (text.size() != 18 || !digits(text.substr(0, 17)) || text[0] == '0') return false;
  const std::string birth =
      std::string(text.substr(6, 4)) + "-" + std::string(text.substr(10, 2)) + "-" + std::string(text.substr(12, 2));
  if (!is_iso_date(birth) || text.substr(6, 4) < "1800") return false;
  constexpr int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) sum += (text[i] - '0') * weights[i];
  return text[17] == std::string_view("10X98765432")[static_cast<std::size_t>(sum % 11)];
}

bool is_uscc(std::string_view text) {
  constexpr std::string_view alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  if (text.size() != 18 || !digits(text.substr(2, 6))) return false;
  int weight = 1, sum = 0;
  for (std::size_t i = 0; i < 17; ++i) {
    const auto value = alphabet.find(text[i]);
    if (value == std::string_view::npos) return false;
    sum += static_cast<int>(value) * weight;
    weight = weight * 3 % 31;
  }
  return text[17] == alphabet[static_cast<std::size_t>((31 - sum % 31) % 31)];
}

bool is_cn_mobile(std::string_view text) {
  return text.size() == 11 && digits(text) && text[0] == '1' && text[1] >= '3';
}

bool is_cn_phone(std::string_view text) {
  static const Pattern landline = Pattern::compile("^(010|02[0-9]|0[3-9][0-9]{2})-?[0-9]{7,8}(-[0-9]{1,6})?$").value();
  return is_cn_mobile(text) || landline.found_in(text);
}

bool is_cn_postcode(std::string_view text) { return text.size() == 6 && digits(text); }

bool is_iso_date(std::string_view text) { return day_from_iso(text).has_value(); }

bool is_email(std::string_view text) {
  const auto at = text.find('@');
  if (text.size() > 254 || at == 0 || at == std::string_view::npos || at > 64 ||
      text.find('@', at + 1) != std::string_view::npos)
    return false;
  const auto domain = text.substr(at + 1);
  const auto plain = [](char c) {
    return c > ' ' && c < 127 && std::string_view("()<>,;:\\\"[]").find(c) == std::string_view::npos;
  };
  if (!std::all_of(text.begin(), text.end(), plain)) return false;
  return domain.find('.') != std::string_view::npos && domain.front() != '.' && domain.back() != '.' &&
         domain.find("..") == std::string_view::npos;
}

bool is_known_format(std::string_view format) {
  return std::any_of(kFormats.begin(), kFormats.end(), [&](const Format& f) { return f.name == format; });
}

bool has_format(std::string_view format, std::string_view text) {
  for (const auto& known : kFormats)
    if (known.name == format) return known.holds(text);
  return false;
}

}  // namespace jindu::catalogue
