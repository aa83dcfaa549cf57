// A seal from outside: in whatever pieces it comes, it gives the plaintext or one named error; and one that was made
// here opens, until a single byte of it is another.
#include "common/seal/seal.hpp"

#include "tests/fuzz/world.hpp"

namespace jindu::fuzz {
namespace {

constexpr std::string_view kBinding = "dossier/0197f2a0-0000-7000-8000-000000000001";

seal::FileKey file_key() {
  seal::FileKey key;
  key.fill(7);
  return key;
}

result<Bytes> open_in_pieces(BytesView sealed, const seal::OpeningKey& key, std::size_t piece) {
  Bytes plaintext;
  seal::SealReader reader(key, kBinding, [&](BytesView bytes) -> result<void> {
    plaintext.insert(plaintext.end(), bytes.begin(), bytes.end());
    return {};
  });
  for (std::size_t at = 0; at < sealed.size(); at += piece)
    if (auto ok = reader.write(sealed.subspan(at, std::min(piece, sealed.size() - at))); !ok) return ok.error();
  if (auto ok = reader.finish(); !ok) return ok.error();
  return plaintext;
}

void open_foreign(BytesView sealed, std::size_t piece) {
  static const auto recipient = key_of("department");
  if (const auto info = seal::inspect_seal(sealed))
    promise(info->prefix_bytes <= sealed.size() && info->recipients.size() <= seal::kRecipientsMax,
            "a prefix is within its seal");
  for (const seal::OpeningKey& key : {seal::OpeningKey(&recipient), seal::OpeningKey(file_key())}) {
    const auto whole = seal::open_seal(sealed, key, kBinding);
    const auto pieces = open_in_pieces(sealed, key, piece);
    promise(whole.has_value() == pieces.has_value(), "pieces do not matter");
    if (whole)
      promise(*whole == *pieces, "pieces do not matter");
    else
      promise(whole.error().code == pieces.error().code && !whole.error().code.empty(), "pieces do not matter");
  }
}

void open_own(BytesView plaintext, std::size_t piece, std::size_t place) {
  Bytes sealed;
  auto writer = seal::SealWriter::start({key_of("department").public_key()}, kBinding, file_key(),
                                        [&](BytesView bytes) -> result<void> {
                                          sealed.insert(sealed.end(), bytes.begin(), bytes.end());
                                          return {};
                                        });
  promise(writer && writer->write(plaintext) && writer->finish(), "anything can be sealed");
  const auto info = seal::inspect_seal(sealed);
  promise(info && sealed.size() == seal::sealed_size(plaintext.size(), info->prefix_bytes), "the size is known before");
  const auto opened = open_in_pieces(sealed, file_key(), piece);
  promise(opened && text_of(*opened) == text_of(plaintext), "what was sealed opens");
  sealed[place % sealed.size()] ^= 1;
  promise(!open_in_pieces(sealed, file_key(), piece), "a changed byte is noticed");
}

}  // namespace
}  // namespace jindu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu::fuzz;
  Input input(data, size);
  const bool own = input.byte() == 1;
  const std::size_t piece = 1 + input.byte() * 97;
  if (own) {
    const std::size_t place = input.byte() << 8 | input.byte();
    open_own(input.rest(), piece, place);
  } else {
    open_foreign(input.rest(), piece);
  }
  return 0;
}
