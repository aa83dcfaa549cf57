#include <boost/json/parse.hpp>

#include <jindu/v1/payload.pb.h>

#include "common/evidence/pdf_signature.hpp"
#include "common/runtime/messages.hpp"
#include "common/tools/verify/checks.hpp"

namespace jindu::verify {
namespace {

// What anybody may know of a document that was issued.
struct Record {
  std::string number, sha256, state, valid_until;
};

result<Record> read_record(BytesView file) {
  const Error bad{Fault::invalid, "decision.record", "neither a DocumentRecord nor the answer of the public check"};
  if (text_of(file).starts_with("{")) {
    boost::system::error_code code;
    const auto value = boost::json::parse(text_of(file), code);
    if (code || !value.is_object()) return bad;
    Record record;
    for (const auto& [name, field] : {std::pair{"document_number", &record.number},
                                      {"sha256", &record.sha256},
                                      {"state", &record.state},
                                      {"valid_until", &record.valid_until}}) {
      const auto* member = value.as_object().if_contains(name);
      if (!member || !member->is_string()) return bad;
      *field = member->as_string();
    }
    return record;
  }
  jindu::v1::DocumentRecord message;
  if (!parse_message(file, message) || message.document_sha256().size() != 32) return bad;
  return Record{message.document_number(), to_hex(bytes_of(message.document_sha256())), message.state(),
                message.valid_until()};
}

result<void> compare(Report& report, const Record& record, const std::string& sha256, Instant at) {
  report.fact("document_number", record.number);
  report.fact("state", record.state);
  if (!record.valid_until.empty()) report.fact("valid_until", record.valid_until);
  if (record.sha256 != sha256)
    return Error{Fault::integrity, "decision.other_document", "the record is of another file"};
  if (record.state != "valid")
    return Error{Fault::integrity, "decision.not_valid", "by the record its state is " + record.state};
  if (!record.valid_until.empty() && utc_text(at).substr(0, 10) > record.valid_until)
    return Error{Fault::expired, "decision.not_valid", "by the record it was valid until " + record.valid_until};
  report.prove("decision.record", {{"number", record.number}});
  report.leave_open("decision.record_origin");
  return {};
}

}  // namespace

Report check_decision(const DecisionFiles& files, const Trust& trust) {
  Report report{"decision"};
  const auto signature = evidence::verify_pdf_signature(files.pdf);
  if (!signature) return report.fail(signature.error());
  if (!files.signer.empty() && signature->signer.common_name() != files.signer)
    return report.fail({Fault::integrity, "decision.signer",
                        "signed by '" + signature->signer.common_name() + "', not by '" + files.signer + "'"});
  const auto claimed = signature->signing_time.value_or(trust.now);
  const auto moment = trust.moment(claimed);
  auto between = signature->others;
  between.insert(between.end(), trust.nodes.intermediates.begin(), trust.nodes.intermediates.end());
  if (auto ok = trust.nodes.store.verify(signature->signer, between, moment); !ok) return report.fail(ok.error());
  const auto sha256 = to_hex(crypto::sha256(files.pdf));
  report.fact("document_sha256", sha256);
  report.fact("signed_at", utc_text(claimed));
  const Values by{{"name", signature->signer.common_name()}, {"time", utc_text(claimed)}};
  report.prove("decision.signed", by);
  report.prove("decision.whole");
  tell_signer(report, signature->signer, moment, trust);
  if (files.record) {
    const auto record = read_record(*files.record);
    if (!record) return report.fail(record.error());
    if (auto ok = compare(report, *record, sha256, trust.moment(trust.now)); !ok) return report.fail(ok.error());
  } else {
    report.leave_open("decision.still_valid");
  }
  report.leave_open("decision.official");
  return report;
}

}  // namespace jindu::verify
