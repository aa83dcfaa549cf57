#include "common/runtime/bytes.hpp"

#include <array>

namespace jindu {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(BytesView bytes, std::string_view alphabet, bool padded) {
  std::string out((bytes.size() + 2) / 3 * 4, '=');
  auto* to = out.data();
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const auto group = std::uint32_t{bytes[i]} << 16 | std::uint32_t{bytes[i + 1]} << 8 | std::uint32_t{bytes[i + 2]};
    for (const int shift : {18, 12, 6, 0}) *to++ = alphabet[group >> shift & 63];
  }
  if (const auto left = bytes.size() - i; left > 0) {
    const auto group = std::uint32_t{bytes[i]} << 16 | (left > 1 ? std::uint32_t{bytes[i + 1]} << 8 : 0U);
    *to++ = alphabet[group >> 18];
    *to++ = alphabet[group >> 12 & 63];
    if (left > 1) *to++ = alphabet[group >> 6 & 63];
    if (!padded) out.resize(out.size() - (3 - left));
  }
  return out;
}

Error malformed(std::string code) { return {Fault::invalid, std::move(code), "not a canonical encoding"}; }

// Decodes without padding characters; refuses bits that do not belong to a byte, so that one value has one spelling.
result<Bytes> decode(std::string_view text, std::string_view alphabet, const char* code) {
  std::array<std::int8_t, 256> values;
  values.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  if (text.size() % 4 == 1) return malformed(code);
  const auto value = [&](std::size_t at) -> std::int32_t { return values[static_cast<unsigned char>(text[at])]; };
  Bytes out(text.size() * 3 / 4);
  auto* to = out.data();
  std::size_t i = 0;
  for (; i + 4 <= text.size(); i += 4) {
    const auto a = value(i), b = value(i + 1), c = value(i + 2), d = value(i + 3);
    if ((a | b | c | d) < 0) return malformed(code);
    const auto group = static_cast<std::uint32_t>(a << 18 | b << 12 | c << 6 | d);
    for (const int shift : {16, 8, 0}) *to++ = static_cast<std::uint8_t>(group >> shift);
  }
  if (const auto left = text.size() - i; left > 0) {
    const auto a = value(i), b = value(i + 1), c = left > 2 ? value(i + 2) : 0;
    if ((a | b | c) < 0) return malformed(code);
    const auto group = static_cast<std::uint32_t>(a << 18 | b << 12 | c << 6);
    *to++ = static_cast<std::uint8_t>(group >> 16);
    if (left > 2) *to++ = static_cast<std::uint8_t>(group >> 8);
    if ((group & (left > 2 ? 0xffU : 0xffffU)) != 0) return malformed(code);
  }
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
  return decode(body, kBase64, "encoding.base64");
}

result<Bytes> from_base64url(std::string_view text) { return decode(text, kBase64Url, "encoding.base64url"); }

}  // namespace jindu
