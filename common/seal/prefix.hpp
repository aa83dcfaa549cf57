#pragma once
// The beginning of a seal: magic, length and header. Used by writer and reader.
#include <jindu/v1/seal.pb.h>

#include "common/seal/seal.hpp"

namespace jindu::seal {

struct Prefix {
  jindu::v1::SealHeader header;
  std::size_t bytes = 0;  // of the whole prefix
};

result<Bytes> make_prefix(const std::vector<crypto::PublicKey>& recipients, std::string_view binding,
                          const FileKey& key, const crypto::PrivateKey* ephemeral);
// Nothing when more bytes are needed to tell.
result<std::optional<Prefix>> parse_prefix(BytesView beginning);
result<FileKey> file_key_of(const Prefix& prefix, const OpeningKey& key);

}  // namespace jindu::seal
