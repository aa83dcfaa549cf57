// Uploads: sealed bytes in parts that resume. What is acknowledged is on the disk.
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "common/dossier/dossier.hpp"
#include "extranet-portal/api/body.hpp"
#include "extranet-portal/api/guards.hpp"
#include "extranet-portal/api/handlers.hpp"
#include "extranet-portal/domain/submission.hpp"
#include "extranet-portal/store/declarations.hpp"

namespace jindu::portal::api {
namespace {

using store::Upload;
using store::UploadKey;

constexpr std::uint64_t kSealedMax = dossier::kMaterialMax + dossier::kMaterialMax / 512 + 1024 * 1024;

boost::json::object upload_json(const Upload& upload) {
  boost::json::object answer{{"upload_id", upload.key.upload_id},
                             {"sealed_size", upload.sealed_size},
                             {"received", upload.received},
                             {"complete", upload.sealed_sha256.has_value()}};
  if (upload.sealed_sha256) answer["sealed_sha256"] = to_hex(*upload.sealed_sha256);
  return answer;
}

result<UploadKey> key_of(const http::Request& request) {
  const auto declaration = uuid_parameter(request, "declaration_id", "declaration.unknown");
  if (!declaration) return declaration.error();
  const auto upload = uuid_parameter(request, "upload_id", "upload.unknown");
  if (!upload) return upload.error();
  return UploadKey{applicant(request).session.account.account_id, *declaration, *upload};
}

// A problem document with a changed status or a further member.
http::Response problem_with(const Error& error, const http::Request& request, int status,
                            const boost::json::object& members = {}) {
  auto response = http::problem(error, request.request_id);
  auto body = boost::json::parse(std::get<std::string>(response.body)).as_object();
  response.status = status;
  body["status"] = status;
  for (const auto& member : members) body[member.key()] = member.value();
  response.body = boost::json::serialize(body);
  return response;
}

http::Response disk_full(const http::Request& request) {
  return problem_with({Fault::unavailable, "upload.disk_full", "there is no room for the moment"}, request, 507);
}

http::Response wrong_offset(const http::Request& request, std::uint64_t received) {
  return problem_with({Fault::conflict, "upload.offset", "go on at " + std::to_string(received)}, request, 409,
                      {{"received", received}});
}

bool is_open(const Upload& upload) { return upload.state == "receiving" || upload.state == "complete"; }

// The upload as it stands; one that was given up counts as absent.
result<Upload> find(Portal& portal, const UploadKey& key) {
  std::optional<Upload> upload;
  const auto read = portal.database.read([&](storage::Transaction& tx) { upload = store::find_upload(tx, key); });
  if (!read) return read.error();
  if (!upload || upload->state == "deleted")
    return Error{Fault::not_found, "upload.unknown", "there is no such upload"};
  return std::move(*upload);
}

// The last bytes have come: one pass over the file tells its digest, and whether it is the seal it should be.
result<crypto::Digest> finish_file(Portal& portal, const Upload& upload) {
  const auto summary = portal.files.summarise(upload.key);
  if (!summary) return summary.error();
  const Error wrong{Fault::integrity, "upload.seal", "what was uploaded is not the seal of this material"};
  if (summary->size != upload.sealed_size || !summary->seal) return wrong;
  if (const auto held = check_material_seal(upload.key.declaration_id, upload.key.upload_id, *summary->seal); !held)
    return held.error();
  return summary->sha256;
}

}  // namespace

Answer start_upload(Portal& portal, http::Request& request) {
  const auto declaration = uuid_parameter(request, "declaration_id", "declaration.unknown");
  if (!declaration) return declaration.error();
  Body body(request);
  const std::string upload_id = body.text("upload_id", 36, 36);
  const std::uint64_t size = body.natural("sealed_size", 1, std::uint64_t{1} << 53);
  if (const auto read = body.finish(); !read) return read.error();
  request.parameters["upload_id"] = upload_id;
  const auto key = key_of(request);
  if (!key) return Error{Fault::invalid, "http.member", "upload_id is a UUID", "/upload_id"};
  if (size > kSealedMax) return Error{Fault::too_large, "upload.size", "a material has at most 2 GiB", "/sealed_size"};

  const auto now = portal.clock.now();
  bool full = false;
  std::optional<Upload> upload;
  const auto written = portal.database.write([&](storage::Transaction& tx) {
    full = false;
    upload = store::find_upload(tx, *key);
    if (!upload) {
      const auto held = store::held_by(tx, key->account_id);
      if (held.count >= portal.limits.uploads || held.bytes + size > portal.limits.upload_bytes)
        fail(Fault::limited, "upload.quota", "submit or delete other uploads first");
      const auto known = store::find_declaration(tx, *declaration);
      const bool own = known && known->account_id == key->account_id;
      if (known && !(own && awaits_supplement(known->progress)))
        fail(Fault::conflict, "declaration.submitted", "the declaration awaits nothing");
      full = !portal.files.has_room(size);
      if (full) return;
      store::add_upload(tx, *key, size, now);
      upload = store::find_upload(tx, *key);
    }
    if (!is_open(*upload)) fail(Fault::conflict, "upload.used", "this upload was submitted or deleted");
    if (upload->sealed_size != size)
      fail(Fault::conflict, "upload.other_size", "the upload was announced with another size", "/sealed_size");
  });
  if (!written) return written.error();
  if (full) return disk_full(request);
  return private_json(upload_json(*upload));
}

Answer show_upload(Portal& portal, http::Request& request) {
  const auto key = key_of(request);
  if (!key) return key.error();
  const auto upload = find(portal, *key);
  if (!upload) return upload.error();
  return private_json(upload_json(*upload));
}

Answer append_upload(Portal& portal, http::Request& request) {
  const auto key = key_of(request);
  if (!key) return key.error();
  const auto text = request.query_value("offset");
  std::uint64_t offset = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size())
    return Error{Fault::invalid, "http.query", "offset is a whole number", "offset"};
  if (request.body.empty()) return Error{Fault::invalid, "http.body", "there are no bytes"};

  const std::lock_guard lock(portal.files.lock_of(*key));
  auto upload = find(portal, *key);
  if (!upload) return upload.error();
  if (upload->state != "receiving" || upload->received != offset) return wrong_offset(request, upload->received);
  if (request.body.size() > upload->sealed_size - offset)
    return Error{Fault::too_large, "upload.too_long", "more bytes than were announced"};
  if (!portal.files.has_room(request.body.size())) return disk_full(request);
  if (const auto appended = portal.files.append(*key, offset, request.body); !appended) {
    if (appended.error().code == "file.full") return disk_full(request);
    return appended.error();
  }
  upload->received = offset + request.body.size();
  const auto now = portal.clock.now();
  if (upload->received == upload->sealed_size) {
    const auto digest = finish_file(portal, *upload);
    if (!digest) {
      // Sealed wrongly from the start: nothing is gained by keeping it.
      if (digest.error().fault == Fault::integrity) {
        const auto released =
            portal.database.write([&](storage::Transaction& tx) { store::release_upload(tx, *key, now); });
        if (!released) return released.error();
      }
      return digest.error();
    }
    upload->sealed_sha256 = *digest;
  }
  bool advanced = false;
  const auto written = portal.database.write([&](storage::Transaction& tx) {
    advanced = store::advance_upload(tx, *key, offset, upload->received, upload->sealed_sha256, now);
  });
  if (!written) return written.error();
  if (!advanced) {
    const auto now_there = find(portal, *key);
    if (!now_there) return now_there.error();
    return wrong_offset(request, now_there->received);
  }
  return private_json(upload_json(*upload));
}

Answer remove_upload(Portal& portal, http::Request& request) {
  const auto key = key_of(request);
  if (!key) return key.error();
  const auto upload = find(portal, *key);
  if (!upload) return upload.error();
  bool released = false;
  const auto written = portal.database.write(
      [&](storage::Transaction& tx) { released = store::release_upload(tx, *key, portal.clock.now()); });
  if (!written) return written.error();
  if (!released) return Error{Fault::conflict, "upload.used", "the upload was submitted"};
  return http::Response::empty();
}

}  // namespace jindu::portal::api
