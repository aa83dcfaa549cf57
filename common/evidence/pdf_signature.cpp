#include "common/evidence/pdf_signature.hpp"

#include <array>
#include <charconv>

namespace jindu::evidence {
namespace {

constexpr std::size_t kPdfMax = 64 * 1024 * 1024;
constexpr std::size_t kContentsMax = 128 * 1024;

std::optional<std::array<std::uint64_t, 4>> range_at(std::string_view text) {
  std::array<std::uint64_t, 4> numbers{};
  for (auto& number : numbers) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{}) return {};
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  while (text.starts_with(' ')) text.remove_prefix(1);
  if (!text.starts_with(']')) return {};
  return numbers;
}

}  // namespace

result<crypto::CmsSignature> verify_pdf_signature(BytesView pdf) {
  if (pdf.size() > kPdfMax) return Error{Fault::too_large, "pdf.range", "a document has at most 64 MiB"};
  const auto text = text_of(pdf);
  if (!text.starts_with("%PDF-")) return Error{Fault::invalid, "pdf.not_signed", "this is not a PDF"};
  constexpr std::string_view key = "/ByteRange [";
  const auto at = text.find(key);
  if (at == std::string_view::npos) return Error{Fault::invalid, "pdf.not_signed", "the PDF holds no signature"};
  const Error bad{Fault::integrity, "pdf.range", "the signature does not cover the whole document"};
  if (text.find(key, at + 1) != std::string_view::npos) return bad;
  const auto range = range_at(text.substr(at + key.size()));
  if (!range) return bad;
  const auto& [begin, first, second, rest] = *range;
  // From the first byte to the signature, and from behind it to the last: nothing before, between or after.
  if (begin != 0 || first == 0 || second > pdf.size() || first >= second || rest != pdf.size() - second) return bad;
  if (second - first <= 2 || second - first > 2 * kContentsMax) return bad;
  if (pdf[first] != '<' || pdf[second - 1] != '>') return bad;
  auto padded = from_hex(text.substr(first + 1, second - first - 2));
  if (!padded) return bad;
  // DER says how long it is; what follows is padding and must be zero.
  if (padded->size() < 4 || (*padded)[0] != 0x30 || (*padded)[1] != 0x82) return bad;
  const std::size_t length = 4 + (std::size_t{(*padded)[2]} << 8 | (*padded)[3]);
  if (length > padded->size() || std::any_of(padded->begin() + static_cast<std::ptrdiff_t>(length), padded->end(),
                                             [](std::uint8_t b) { return b != 0; }))
    return bad;
  Bytes covered(pdf.begin(), pdf.begin() + static_cast<std::ptrdiff_t>(first));
  covered.insert(covered.end(), pdf.begin() + static_cast<std::ptrdiff_t>(second), pdf.end());
  return crypto::cms_verify(BytesView(*padded).first(length), covered);
}

}  // namespace jindu::evidence
