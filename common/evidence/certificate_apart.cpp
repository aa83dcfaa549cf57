#include "common/evidence/certificate_apart.hpp"

#include <jindu/v1/signed.pb.h>

namespace jindu::evidence {
namespace {

constexpr std::uint64_t kCertificate = jindu::v1::Signed::kCertificateFieldNumber;
constexpr std::uint64_t kVarint = 0, kLengthDelimited = 2;

// Reads a varint and moves behind it; nothing at the end of the bytes, or where it is longer than 64 bits.
std::optional<std::uint64_t> varint(BytesView bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && at < bytes.size(); shift += 7) {
    const auto byte = bytes[at++];
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return {};
}

struct Field {
  std::uint64_t number = 0;
  std::size_t begin = 0, value = 0, end = 0;
};

// The field that begins at `at`, of the two wire types that a statement uses.
std::optional<Field> field_at(BytesView message, std::size_t at) {
  Field field;
  field.begin = at;
  const auto tag = varint(message, at);
  if (!tag) return {};
  field.number = *tag >> 3;
  if ((*tag & 7) == kVarint) {
    field.value = at;
    if (!varint(message, at)) return {};
    field.end = at;
    return field;
  }
  if ((*tag & 7) != kLengthDelimited) return {};
  const auto length = varint(message, at);
  if (!length || *length > message.size() - at) return {};
  field.value = at;
  field.end = at + static_cast<std::size_t>(*length);
  return field;
}

// The first field from this number on; at the end where there is none.
std::optional<Field> first_from(BytesView message, std::uint64_t number) {
  std::size_t at = 0;
  while (at < message.size()) {
    const auto field = field_at(message, at);
    if (!field || field->number >= number) return field;
    at = field->end;
  }
  return Field{0, at, at, at};
}

void put_varint(Bytes& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

}  // namespace

std::optional<Apart> certificate_apart(BytesView statement) {
  const auto field = first_from(statement, kCertificate);
  if (!field || field->number != kCertificate) return {};
  const auto value = statement.subspan(field->value, field->end - field->value);
  Apart apart{{}, Bytes(value.begin(), value.end())};
  apart.rest.reserve(statement.size() - (field->end - field->begin));
  const auto before = statement.first(field->begin), behind = statement.subspan(field->end);
  apart.rest.assign(before.begin(), before.end());
  apart.rest.insert(apart.rest.end(), behind.begin(), behind.end());
  if (text_of(with_certificate(apart.rest, apart.certificate)) != text_of(statement)) return {};
  return apart;
}

Bytes with_certificate(BytesView rest, BytesView certificate) {
  const auto place = first_from(rest, kCertificate);
  const auto at = place ? place->begin : rest.size();
  Bytes statement;
  statement.reserve(rest.size() + certificate.size() + 4);
  statement.assign(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(at));
  put_varint(statement, kCertificate << 3 | kLengthDelimited);
  put_varint(statement, certificate.size());
  statement.insert(statement.end(), certificate.begin(), certificate.end());
  statement.insert(statement.end(), rest.begin() + static_cast<std::ptrdiff_t>(at), rest.end());
  return statement;
}

}  // namespace jindu::evidence
