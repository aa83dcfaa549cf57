#include "tests/vectors/vector.hpp"

#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>

#include "common/crypto/cms.hpp"
#include "common/dossier/dossier.hpp"
#include "common/exchange/codec/bundle.hpp"
#include "common/exchange/codec/receipt.hpp"
#include "common/runtime/files.hpp"

namespace jindu::vectors {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

json::object read_json(const fs::path& file) { return json::parse(files::read_text(file).value()).as_object(); }
std::string text(const json::object& object, std::string_view name) { return std::string(object.at(name).as_string()); }
std::string hex_digest(BytesView bytes) { return to_hex(crypto::sha256(bytes)); }
json::object of(const Error& error) { return {{"error", error.code}}; }
Instant moment(const json::object& vector) { return from_unix_ms(vector.at("at").to_number<std::int64_t>()); }

const evidence::NodeTrust& trust_for(const Keyring& keys, const json::object& vector) {
  return vector.contains("revocation") ? keys.trust_and_crl : keys.trust;
}

seal::OpeningKey opening_key(const Keyring& keys, const json::object& vector) {
  if (const auto* file_key = vector.if_contains("file_key"))
    return crypto::digest_from(from_hex(file_key->as_string()).value()).value();
  return &keys.of(text(vector, "key")).key;
}

json::object try_seal(const Keyring& keys, const Collection& c, const json::object& v) {
  const auto opened = seal::open_seal(c.bytes(v, "bytes"), opening_key(keys, v), text(v, "binding"));
  if (!opened) return of(opened.error());
  return {{"size", opened->size()}, {"sha256", hex_digest(*opened)}};
}

json::object try_hpke(const Keyring& keys, const Collection& c, const json::object& v) {
  const auto opened = crypto::hpke_open(keys.of(text(v, "key")).key, c.bytes(v, "encapsulated"), c.bytes(v, "info"),
                                        c.bytes(v, "additional"), c.bytes(v, "ciphertext"));
  if (!opened) return of(opened.error());
  return {{"size", opened->size()}, {"sha256", hex_digest(*opened)}};
}

json::object try_cms(const Keyring& keys, const Collection& c, const json::object& v) {
  const auto checked =
      crypto::cms_verify_trusted(c.bytes(v, "bytes"), c.bytes(v, "content"), trust_for(keys, v).store, moment(v));
  if (!checked) return of(checked.error());
  return {{"signer", checked->signer.common_name()}, {"certificate", to_hex(checked->signer.fingerprint())}};
}

json::object try_signed(const Keyring& keys, const Collection& c, const json::object& v) {
  const auto opened =
      evidence::open_signed(c.bytes(v, "bytes"), text(v, "type"), trust_for(keys, v), moment(v), text(v, "signer"));
  if (!opened) return of(opened.error());
  return {{"signer", opened->signer}, {"body_sha256", hex_digest(opened->body)}};
}

json::object try_receipt(const Keyring& keys, const Collection& c, const json::object& v) {
  const auto opened = exchange::open_receipt(c.bytes(v, "bytes"), trust_for(keys, v));
  if (!opened) return of(opened.error());
  return {{"bundle", exchange::to_text(opened->bundle)},
          {"manifest_sha256", to_hex(opened->manifest_digest)},
          {"rung", exchange::to_text(opened->rung)},
          {"party", opened->party},
          {"code", opened->code}};
}

json::object try_bundle(const Keyring& keys, const Collection& c, const json::object& v) {
  const auto bytes = c.bytes(v, "bytes");
  const auto bundle = exchange::parse_bundle(bytes);
  if (!bundle) return of(bundle.error());
  if (auto ok = exchange::verify_bundle(*bundle, keys.of(text(v, "sender")).certificate.public_key()); !ok)
    return of(ok.error());
  const auto payload = exchange::open_bundle(*bundle, keys.of(text(v, "key")).key);
  if (!payload) return of(payload.error());
  return {{"bundle", exchange::to_text(bundle->id)},
          {"manifest_sha256", to_hex(bundle->manifest_digest)},
          {"kind", bundle->manifest.kind()},
          {"payload_sha256", hex_digest(*payload)}};
}

json::object try_parts(const Collection& c, const json::object& v, const dossier::OpenedDossier& opened) {
  json::array materials;
  const auto& parts = v.at("parts").as_array();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto sealed = c.bytes(parts[i].as_object(), "bytes");
    const auto& material = opened.content.materials(static_cast<int>(i));
    const auto key = crypto::digest_from(bytes_of(material.file_key())).value();
    const auto plain =
        seal::open_seal(sealed, key, dossier::material_binding(opened.content.declaration_id(), material.upload_id()));
    if (!plain) return of(plain.error());
    if (plain->size() != material.size() || text_of(crypto::sha256(*plain)) != material.sha256())
      return {{"error", "seal.digest"}};
    materials.push_back({{"code", material.code()}, {"sha256", hex_digest(*plain)}});
  }
  return {{"materials", std::move(materials)}};
}

json::object try_dossier(const Keyring& keys, const Collection& c, const json::object& v) {
  const auto statement =
      dossier::check_statement(c.bytes(v, "statement"), c.bytes(v, "content"), trust_for(keys, v).store, moment(v));
  if (!statement) return of(statement.error());
  for (const auto& part : v.at("parts").as_array()) {
    const auto sealed = c.bytes(part.as_object(), "bytes");
    if (auto ok = dossier::check_part(statement->statement, text(part.as_object(), "upload_id"), sealed.size(),
                                      crypto::sha256(sealed));
        !ok)
      return of(ok.error());
  }
  const auto opened = dossier::open_content(*statement, c.bytes(v, "content"), keys.of(text(v, "key")).key);
  if (!opened) return of(opened.error());
  auto answer = try_parts(c, v, *opened);
  if (answer.contains("error")) return answer;
  answer["item"] = opened->content.item_id();
  answer["applicant"] = opened->content.applicant().name();
  answer["form_sha256"] = hex_digest(bytes_of(opened->content.form_json()));
  return answer;
}

}  // namespace

const crypto::Identity& Keyring::of(std::string_view name) const {
  const auto found = people.find(name);
  if (found == people.end()) throw std::out_of_range("no key is called " + std::string(name));
  return found->second;
}

Keyring read_keyring(const fs::path& folder) {
  const auto all = read_json(folder / "keys.json");
  const auto root = text(all, "root"), issuing = text(all, "issuing"), crls = text(all, "crls");
  const auto between = crypto::Certificate::all_from_pem(issuing).value();
  Keyring keys{{crypto::TrustStore::from_pem(root).value(), between},
               {crypto::TrustStore::from_pem(root, crls).value(), between},
               {}};
  for (const auto& entry : all.at("keys").as_object()) {
    const auto& one = entry.value().as_object();
    const auto certificate = from_base64(text(one, "certificate")).value();
    const auto pkcs8 = from_base64(text(one, "pkcs8")).value();
    keys.people.emplace(entry.key(), crypto::Identity{crypto::PrivateKey::from_pkcs8(pkcs8).value(),
                                                      crypto::Certificate::from_der(certificate).value(), between});
  }
  return keys;
}

Collection::Collection(const fs::path& file) {
  const auto all = read_json(file);
  for (const auto& vector : all.at("vectors").as_array()) vectors_.push_back(vector.as_object());
}

void Collection::add(json::object vector) { vectors_.push_back(std::move(vector)); }

const json::object& Collection::named(std::string_view name) const {
  for (const auto& vector : vectors_)
    if (vector.at("name").as_string() == name) return vector;
  throw std::out_of_range("no vector is called " + std::string(name));
}

Bytes Collection::put_together(const json::value& pieces) const {
  if (pieces.is_string()) return from_base64(pieces.as_string()).value();
  Bytes all;
  for (const auto& value : pieces.as_array()) {
    const auto& piece = value.as_object();
    if (const auto* zeros = piece.if_contains("zeros")) {
      all.resize(all.size() + zeros->to_number<std::size_t>());
      continue;
    }
    Bytes bytes;
    if (const auto* literal = piece.if_contains("base64")) {
      bytes = from_base64(literal->as_string()).value();
    } else {
      bytes = this->bytes(named(piece.at("of").as_string()), text(piece, "field"));
      const auto from = piece.contains("from") ? piece.at("from").to_number<std::size_t>() : 0;
      const auto to = piece.contains("to") ? piece.at("to").to_number<std::size_t>() : bytes.size();
      if (from > to || to > bytes.size()) throw std::out_of_range("a piece lies outside of its vector");
      bytes = Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.begin() + static_cast<std::ptrdiff_t>(to));
    }
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

Bytes Collection::bytes(const json::object& vector, std::string_view field) const {
  // A part of a dossier is found as "parts/N".
  if (field.starts_with("parts/"))
    return bytes(vector.at("parts").as_array().at(std::stoul(std::string(field.substr(6)))).as_object(), "bytes");
  return put_together(vector.at(field));
}

void Collection::write(const fs::path& file, std::string_view about, std::string_view made_by) const {
  std::ofstream out(file, std::ios::binary);
  out << "{\"about\": " << json::serialize(json::value(about))
      << ",\n\"made_by\": " << json::serialize(json::value(made_by)) << ",\n\"vectors\": [";
  for (std::size_t i = 0; i < vectors_.size(); ++i) out << (i ? ",\n" : "\n") << json::serialize(vectors_[i]);
  out << "\n]}\n";
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

json::object outcome(const Keyring& keys, const Collection& collection, const json::object& vector) {
  static const std::map<std::string, json::object (*)(const Keyring&, const Collection&, const json::object&)> kinds{
      {"seal", try_seal},       {"hpke", try_hpke},     {"cms", try_cms},        {"signed", try_signed},
      {"receipt", try_receipt}, {"bundle", try_bundle}, {"dossier", try_dossier}};
  return kinds.at(text(vector, "kind"))(keys, collection, vector);
}

}  // namespace jindu::vectors
