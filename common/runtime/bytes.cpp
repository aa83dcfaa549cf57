#include "common/runtime/bytes.hpp"

#include <array>

namespace jindu {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(BytesView bytes, std::string_view alphabet, bool padded) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const std::uint32_t group = (std::uint32_t{bytes[i]} << 16) | (left > 1 ? std::uint32_t{bytes[i + 1]} << 8 : 0U) |
                                (left > 2 ? std::uint32_t{bytes[i + 2]} : 0U);
    out += alphabet[group >> 18];
    out += alphabet[(group >> 12) & 63];
    if (left > 1) out += alphabet[(group >> 6) & 63];
    if (left > 2) out += alphabet[group & 63];
    if (padded && left < 3) out.append(3 - left, '=');
  }
  return out;
}

Error malformed(std::string code) { return {Fault::invalid, std::move(code), "not a canonical encoding"}; }

using Values = std::array<std::int8_t, 256>;  // of characters; below zero: none of the alphabet
constexpr Values values_of(std::string_view alphabet) {
  Values values{};
  for (auto& value : values) value = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  return values;
}
constexpr Values kBase64Values = values_of(kBase64), kBase64UrlValues = values_of(kBase64Url);

// Decodes without padding characters; refuses bits that do not belong to a byte, so that one value has one spelling.
result<Bytes> decode(std::string_view text, const Values& values, const char* code) {
  const std::size_t rest = text.size() % 4, whole = text.size() - rest;
  if (rest == 1) return malformed(code);
  Bytes out(whole / 4 * 3 + (rest == 0 ? 0 : rest - 1));
  const auto value = [&](std::size_t i) { return std::int32_t{values[static_cast<unsigned char>(text[i])]}; };
  std::int32_t seen = 0;  // below zero as soon as one value was
  std::uint8_t* to = out.data();
  for (std::size_t i = 0; i < whole; i += 4) {
    const std::int32_t a = value(i), b = value(i + 1), c = value(i + 2), d = value(i + 3);
    seen |= a | b | c | d;
    const auto group = static_cast<std::uint32_t>(a) << 18 | static_cast<std::uint32_t>(b) << 12 |
                       static_cast<std::uint32_t>(c) << 6 | static_cast<std::uint32_t>(d);
    *to++ = static_cast<std::uint8_t>(group >> 16);
    *to++ = static_cast<std::uint8_t>(group >> 8);
    *to++ = static_cast<std::uint8_t>(group);
  }
  if (rest != 0) {
    const std::int32_t a = value(whole), b = value(whole + 1), c = rest == 3 ? value(whole + 2) : 0;
    seen |= a | b | c;
    if (((rest == 3 ? c & 3 : b & 15)) != 0) return malformed(code);
    *to++ = static_cast<std::uint8_t>(a << 2 | b >> 4);
    if (rest == 3) *to++ = static_cast<std::uint8_t>(b << 4 | c >> 2);
  }
  if (seen < 0) return malformed(code);
  return out;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(BytesView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return malformed("encoding.hex");
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return malformed("encoding.hex");
    out.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return out;
}

std::string to_base64(BytesView bytes) { return encode(bytes, kBase64, true); }
std::string to_base64url(BytesView bytes) { return encode(bytes, kBase64Url, false); }

result<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return malformed("encoding.base64");
  std::string_view body = text;
  for (int i = 0; i < 2 && body.ends_with('='); ++i) body.remove_suffix(1);
  return decode(body, kBase64Values, "encoding.base64");
}

result<Bytes> from_base64url(std::string_view text) { return decode(text, kBase64UrlValues, "encoding.base64url"); }

}  // namespace jindu
