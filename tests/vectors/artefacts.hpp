#pragma once
// One of everything that jindu-verify checks, as files: a dossier and its receipt, a bundle and its receipts, a
// decision, a history.
#include "tests/vectors/vector.hpp"

namespace jindu::vectors {

// `vectors` is the folder with keys.json.
void write_artefacts(const Keyring& keys, const std::filesystem::path& vectors, const std::filesystem::path& folder);

}  // namespace jindu::vectors
