#include <boost/json/parse.hpp>

#include "common/runtime/terminal.hpp"
#include "common/tools/verify/checks.hpp"

namespace jindu::verify {
namespace {

namespace json = boost::json;

std::string text_in(const json::object& o, const char* name) {
  const auto* member = o.if_contains(name);
  return member && member->is_string() ? std::string(member->as_string()) : std::string();
}

std::int64_t number_in(const json::object& o, const char* name) {
  const auto* member = o.if_contains(name);
  return member && member->is_int64() ? member->as_int64() : 0;
}

Error malformed(const char* detail) { return {Fault::integrity, "record.malformed", detail}; }

// What a record says, whichever way it says it: that something has left the quarantine, or what lies in it.
struct Record {
  std::string kind;  // "dismissed", "replaced", "evidence"
  std::string unit, id, manifest_digest, who, from;
  std::int64_t at_ms = 0, quarantined_ms = 0;
  json::object said;
};

result<Record> read_record(BytesView encoded) {
  const auto statement = evidence::read_signed(encoded, evidence::kRecordType);
  if (!statement) return statement.error();
  boost::system::error_code code;
  const auto value = json::parse(text_of(statement->body), code);
  if (code || !value.is_object()) return malformed("its body is no JSON object");
  Record r;
  r.said = value.as_object();
  const auto& o = r.said;
  r.kind = text_in(o, "record");
  const bool evidence = r.kind.empty() && o.contains("exported_by");
  if (evidence) r.kind = "evidence";
  if (r.kind != "dismissed" && r.kind != "replaced" && r.kind != "evidence")
    return malformed("what kind of record it is, is not known");
  r.unit = text_in(o, "unit");
  r.manifest_digest = text_in(o, "manifest_digest");
  r.id = text_in(o, evidence ? "id" : o.contains("voyage") ? "voyage" : "bundle");
  r.who = text_in(o, evidence ? "exported_by" : "who");
  r.from = text_in(o, evidence ? "from" : "says_it_is_from");
  r.at_ms = number_in(o, evidence ? "exported_at_ms" : "at_ms");
  r.quarantined_ms = number_in(o, evidence ? "at_ms" : "quarantined_at_ms");
  if (r.unit.empty() || r.id.empty() || r.at_ms <= 0) return malformed("it names no unit, no id or no time");
  return r;
}

void tell(Report& report, const Record& r, BytesView encoded) {
  report.fact("record_kind", r.kind);
  report.fact(r.said.contains("voyage") || text_in(r.said, "what") == "voyage" ? "voyage" : "bundle", printable(r.id));
  const auto fact = [&](const char* key, const std::string& value) {
    if (!value.empty()) report.fact(key, printable(value));
  };
  fact("manifest_sha256", r.manifest_digest);
  fact("bundle_sha256", text_in(r.said, "bundle_sha256"));
  fact("says_from", r.from);
  fact("vouched", text_in(r.said, "signed_by"));
  fact("code", text_in(r.said, "code"));
  fact("detail", text_in(r.said, "detail"));
  if (r.quarantined_ms > 0) report.fact("quarantined_at", utc_text(from_unix_ms(r.quarantined_ms)));
  report.fact("at", utc_text(from_unix_ms(r.at_ms)));
  fact("who", r.who);
  fact("reason", text_in(r.said, "reason"));
  report.fact("record_sha256", to_hex(crypto::sha256(encoded)));
}

// Of evidence the manifest and the bytes that lie in it; of a bundle that was given beside a record, its digest.
result<void> check_bytes(Report& report, const Record& r, const std::optional<Bytes>& bundle) {
  if (r.kind == "evidence") {
    const auto manifest = from_base64(text_in(r.said, "manifest_bytes"));
    if (!manifest) return malformed("its manifest is not in base64");
    if (!manifest->empty()) {
      if (to_hex(crypto::sha256(*manifest)) != r.manifest_digest)
        return Error{Fault::integrity, "record.other_bytes", "its manifest has another digest than it says"};
      report.prove("record.manifest");
    }
    const auto inside = from_base64(text_in(r.said, "bundle"));
    if (!inside) return malformed("its bytes are not in base64");
    report.fact("bytes", std::to_string(inside->size()));
    if (bundle && *inside != *bundle)
      return Error{Fault::integrity, "record.other_bytes", "the bytes in it are not those of the file"};
  } else if (bundle && to_hex(crypto::sha256(*bundle)) != text_in(r.said, "bundle_sha256")) {
    return Error{Fault::integrity, "record.other_bytes", "the record is about other bytes", "/bundle"};
  }
  if (bundle) report.prove("record.bundle");
  return {};
}

}  // namespace

Report check_record(const RecordFiles& files, const Trust& trust) {
  Report report{"record"};
  const auto record = read_record(files.record);
  if (!record) return report.fail(record.error());
  const auto at = from_unix_ms(record->at_ms);
  const auto moment = trust.moment(at);
  const auto statement = evidence::open_signed(files.record, evidence::kRecordType, trust.nodes, moment, record->unit);
  if (!statement) return report.fail(statement.error());
  tell(report, *record, files.record);
  report.prove("record." + record->kind, {{"name", statement->signer},
                                          {"time", utc_text(at)},
                                          {"id", printable(record->id)},
                                          {"who", printable(record->who)}});
  tell_signer(report, statement->certificate, moment, trust);
  if (auto ok = check_bytes(report, *record, files.bundle); !ok) return report.fail(ok.error());
  if (!files.bundle && record->kind != "evidence") report.leave_open("record.bundle_not_given");
  if (record->kind != "evidence") report.leave_open("record.log");
  report.leave_open("record.right");
  return report;
}

}  // namespace jindu::verify
