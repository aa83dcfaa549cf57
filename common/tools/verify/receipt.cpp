#include "common/exchange/codec/receipt.hpp"

#include <jindu/v1/dossier.pb.h>
#include <jindu/v1/signed.pb.h>

#include <algorithm>
#include <set>

#include "common/runtime/messages.hpp"
#include "common/tools/verify/checks.hpp"

namespace jindu::verify {
namespace {

using jindu::v1::SubmissionReceipt;

Error malformed(std::string detail) { return {Fault::integrity, "receipt.malformed", std::move(detail)}; }

result<SubmissionReceipt> read_submission_receipt(BytesView encoded) {
  auto statement = evidence::read_signed(encoded, evidence::kSubmissionReceiptType);
  if (!statement) return statement.error();
  SubmissionReceipt receipt;
  if (auto ok = parse_message(statement->body, receipt); !ok) return malformed(ok.error().detail);
  if (receipt.version() != 1) return malformed("version " + std::to_string(receipt.version()) + " is not known");
  if (receipt.statement_sha256().size() != 32 || receipt.content_sha256().size() != 32 || receipt.received_at_ms() <= 0)
    return malformed("a digest has 32 bytes, and a receipt a time");
  for (const auto& part : receipt.parts())
    if (part.sha256().size() != 32) return malformed("a digest has 32 bytes");
  return receipt;
}

void tell(Report& report, const SubmissionReceipt& receipt) {
  report.fact("declaration_number", receipt.declaration_number());
  report.fact("declaration", receipt.declaration_id());
  report.fact("item", receipt.item_id() + ", " + std::to_string(receipt.item_version()));
  report.fact("received_at", utc_text(from_unix_ms(receipt.received_at_ms())));
  report.fact("statement_sha256", to_hex(bytes_of(receipt.statement_sha256())));
  report.fact("content_sha256", to_hex(bytes_of(receipt.content_sha256())));
  report.fact("parts", std::to_string(receipt.parts_size()));
}

Error differs(const char* what) {
  return {Fault::integrity, "receipt.other_bytes", std::string("the receipt is about another ") + what,
          std::string("/") + what};
}

result<void> compare_statement(Report& report, const SubmissionReceipt& receipt, const std::optional<Bytes>& file,
                               const Values& values) {
  if (!file) {
    report.leave_open("receipt.statement_not_given");
    return {};
  }
  jindu::v1::SignedStatement outer;
  if (auto ok = parse_message(*file, outer); !ok) return malformed("the statement: " + ok.error().detail);
  if (text_of(crypto::sha256(bytes_of(outer.statement()))) != receipt.statement_sha256()) return differs("statement");
  report.prove("receipt.statement", values);
  return {};
}

result<void> compare_content(Report& report, const SubmissionReceipt& receipt, const std::optional<Bytes>& file,
                             const Values& values) {
  if (!file) {
    report.leave_open("receipt.content_not_given");
    return {};
  }
  if (text_of(crypto::sha256(*file)) != receipt.content_sha256()) return differs("content");
  report.prove("receipt.content", values);
  return {};
}

result<void> compare_parts(Report& report, const SubmissionReceipt& receipt, const std::vector<fs::path>& files,
                           const Values& values) {
  std::set<std::string> seen;
  for (const auto& file : files) {
    const auto measured = measure(file);
    if (!measured) return measured.error();
    const auto part = std::find_if(receipt.parts().begin(), receipt.parts().end(), [&](const auto& one) {
      return one.size() == measured->size && one.sha256() == text_of(measured->sha256);
    });
    if (part == receipt.parts().end()) return differs("part");
    seen.insert(part->upload_id());
  }
  auto all = values;
  all.emplace_back("count", std::to_string(seen.size()));
  if (!seen.empty()) report.prove("receipt.parts", all);
  for (const auto& part : receipt.parts())
    if (!seen.contains(part.upload_id()))
      report.leave_open("receipt.part_not_given", {{"code", part.material_code()}, {"id", part.upload_id()}});
  return {};
}

Report check_submission_receipt(const ReceiptFiles& files, const Trust& trust) {
  Report report{"submission_receipt"};
  if (files.bundle)
    return report.fail({Fault::invalid, "input.fits",
                        "a submission receipt is about a statement, its content and parts, not about a bundle"});
  const auto receipt = read_submission_receipt(files.receipt);
  if (!receipt) return report.fail(receipt.error());
  const auto received = from_unix_ms(receipt->received_at_ms());
  const auto moment = trust.moment(received);
  const auto statement =
      evidence::open_signed(files.receipt, evidence::kSubmissionReceiptType, trust.nodes, moment, files.signer);
  if (!statement) return report.fail(statement.error());
  tell(report, *receipt);
  const Values values{
      {"name", statement->signer}, {"time", utc_text(received)}, {"number", receipt->declaration_number()}};
  report.prove("receipt.submission", values);
  tell_signer(report, statement->certificate, moment, trust);
  if (auto ok = compare_statement(report, *receipt, files.statement, values); !ok) return report.fail(ok.error());
  if (auto ok = compare_content(report, *receipt, files.content, values); !ok) return report.fail(ok.error());
  if (auto ok = compare_parts(report, *receipt, files.parts, values); !ok) return report.fail(ok.error());
  report.leave_open("receipt.intranet");
  report.leave_open("receipt.accepted");
  return report;
}

Report check_gateway_receipt(const ReceiptFiles& files, const Trust& trust) {
  Report report{"gateway_receipt"};
  if (files.statement || files.content || !files.parts.empty())
    return report.fail(
        {Fault::invalid, "input.fits", "a gateway's receipt is about a bundle: give that with --bundle"});
  const auto read = exchange::read_receipt(files.receipt);
  if (!read) return report.fail(read.error());
  const auto moment = trust.moment(read->at);
  const auto statement = evidence::open_signed(files.receipt, evidence::kReceiptType, trust.nodes, moment, read->party);
  if (!statement) return report.fail(statement.error());
  report.fact("bundle", exchange::to_text(read->bundle));
  report.fact("manifest_sha256", to_hex(read->manifest_digest));
  report.fact("rung", std::string(exchange::to_text(read->rung)));
  report.fact("at", utc_text(read->at));
  if (!read->code.empty()) report.fact("code", read->code);
  if (!read->detail.empty()) report.fact("detail", read->detail);
  report.prove("rung." + std::string(exchange::to_text(read->rung)),
               {{"name", read->party}, {"time", utc_text(read->at)}, {"id", exchange::to_text(read->bundle)}});
  tell_signer(report, statement->certificate, moment, trust);
  if (files.bundle) {
    const auto bundle = exchange::parse_bundle(*files.bundle);
    if (!bundle) return report.fail(bundle.error());
    if (bundle->id != read->bundle || bundle->manifest_digest != read->manifest_digest)
      return report.fail(differs("bundle"));
    report.prove("receipt.bundle");
  } else {
    report.leave_open("receipt.bundle_not_given");
  }
  if (read->newer) report.leave_open("newer.fields");
  if (!exchange::is_final(read->rung)) report.leave_open("receipt.rest_of_way");
  return report;
}

}  // namespace

Report check_receipt(const ReceiptFiles& files, const Trust& trust) {
  jindu::v1::Signed outer;
  const bool readable = files.receipt.size() <= evidence::kSignedMax && parse_message(files.receipt, outer).has_value();
  if (readable && outer.type() == evidence::kReceiptType) return check_gateway_receipt(files, trust);
  return check_submission_receipt(files, trust);
}

}  // namespace jindu::verify
