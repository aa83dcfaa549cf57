// Submitting: the one moment in which the portal takes responsibility. Everything is checked that can be without
// opening anything; then the declaration, its receipt and its way to the intranet are one commit.
#include <boost/json/object.hpp>

#include "common/dossier/dossier.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/messages.hpp"
#include "extranet-portal/api/body.hpp"
#include "extranet-portal/api/guards.hpp"
#include "extranet-portal/api/handlers.hpp"
#include "extranet-portal/domain/declaration_number.hpp"
#include "extranet-portal/domain/submission.hpp"
#include "extranet-portal/exchange/sender.hpp"
#include "extranet-portal/store/declarations.hpp"
#include "extranet-portal/store/drafts.hpp"
#include "extranet-portal/store/published.hpp"

namespace jindu::portal::api {
namespace {

constexpr std::string_view kAttempts = "submit";  // the bucket that they are taken out of

struct Incoming {
  std::string declaration_id;
  Bytes signed_statement;
  Bytes sealed_content;
  crypto::Digest content_sha256{};
};

http::Response answer_of(const store::Declaration& declaration, const store::Submission& submission, bool repeated) {
  return private_json({{"declaration_id", declaration.declaration_id},
                       {"declaration_number", declaration.declaration_number},
                       {"received_at", to_unix_ms(submission.received)},
                       {"repeated", repeated},
                       {"receipt", to_base64(submission.receipt)}});
}

// The answer that this submission got before, if it was made before.
std::optional<http::Response> earlier_answer(storage::Transaction& tx, const Incoming& incoming,
                                             const std::optional<store::Declaration>& declaration,
                                             const std::string& account_id) {
  if (!declaration) return std::nullopt;
  if (declaration->account_id != account_id)
    fail(Fault::conflict, "submission.exists", "another content was submitted for this declaration");
  const auto submission = store::submission_with(tx, incoming.declaration_id, incoming.content_sha256);
  if (!submission) return std::nullopt;
  return answer_of(*declaration, *submission, true);
}

// The certificate that signed belongs to the account of the session.
void demand_own(storage::Transaction& tx, const store::Account& account, const crypto::Certificate& signer) {
  if (account.kind == AccountKind::citizen) {
    if (store::certificate_chain(tx, account.account_id, signer.key_id())) return;
  } else if (signer.serial_number_attribute() == account.login) {
    return;
  }
  fail(Fault::forbidden, "submission.signer", "the statement is signed by somebody else's certificate");
}

// What earlier submissions of the declaration brought: a supplement names it again instead of sending it again.
std::vector<StoredUpload> earlier_parts(storage::Transaction& tx, const std::string& declaration_id) {
  std::vector<StoredUpload> parts;
  for (const auto& bytes : store::statements_of(tx, declaration_id)) {
    jindu::v1::SignedStatement outer;
    jindu::v1::SubmissionStatement statement;
    demand(parse_message(bytes, outer));
    demand(parse_message(bytes_of(outer.statement()), statement));
    for (const auto& part : statement.parts()) {
      const auto digest = crypto::digest_from(bytes_of(part.sha256()));
      if (digest) parts.push_back({part.upload_id(), part.size(), true, *digest});
    }
  }
  return parts;
}

SubmissionCase facts_of(Portal& portal, storage::Transaction& tx, const jindu::v1::SubmissionStatement& statement,
                        const store::Account& account, const Incoming& incoming,
                        const std::optional<store::Declaration>& declaration) {
  SubmissionCase facts;
  facts.declaration_id = incoming.declaration_id;
  facts.account_kind = account.kind;
  facts.now = portal.clock.now();
  const auto catalogue = portal.catalogue.newest(tx);
  if (declaration) {
    facts.standing = Standing{declaration->item_id, declaration->item_version, declaration->progress};
    facts.earlier = earlier_parts(tx, incoming.declaration_id);
    if (const auto item = store::find_item_version(tx, declaration->item_id, declaration->item_version))
      if (auto rules = rules_of_version(*catalogue, item->body)) facts.rules = std::move(*rules);
  } else if (const auto item = catalogue->items.find(statement.item_id()); item != catalogue->items.end()) {
    facts.rules = item->second.rules;
  }
  for (const auto& upload : store::uploads_for(tx, account.account_id, incoming.declaration_id))
    facts.uploads.push_back({upload.key.upload_id, upload.sealed_size, upload.sealed_sha256.has_value(),
                             upload.sealed_sha256.value_or(crypto::Digest{})});
  return facts;
}

Bytes make_receipt(const Portal& portal, const dossier::CheckedStatement& checked, const Incoming& incoming,
                   const std::string& number, Instant received) {
  jindu::v1::SubmissionReceipt receipt;
  receipt.set_version(1);
  receipt.set_declaration_id(incoming.declaration_id);
  receipt.set_declaration_number(number);
  const auto statement = crypto::sha256(checked.statement_bytes);
  receipt.set_statement_sha256(statement.data(), statement.size());
  receipt.set_content_sha256(incoming.content_sha256.data(), incoming.content_sha256.size());
  *receipt.mutable_parts() = checked.statement.parts();
  receipt.set_received_at_ms(to_unix_ms(received));
  receipt.set_item_id(checked.statement.item_id());
  receipt.set_item_version(checked.statement.item_version());
  return evidence::sign_statement(evidence::kSubmissionReceiptType, encode(receipt), portal.node);
}

// Everything that a submission changes, in the caller's transaction.
http::Response take_in(Portal& portal, storage::Transaction& tx, const Incoming& incoming,
                       const dossier::CheckedStatement& checked, const store::Account& account) {
  auto declaration = store::find_declaration(tx, incoming.declaration_id);
  if (auto earlier = earlier_answer(tx, incoming, declaration, account.account_id)) return std::move(*earlier);
  demand_own(tx, account, checked.signer);
  auto facts = facts_of(portal, tx, checked.statement, account, incoming, declaration);
  facts.signer_key = checked.signer.key_id();
  demand(check_submission(checked.statement, facts));

  const auto now = facts.now;
  const bool first = !declaration;
  if (first) {
    const auto day = catalogue::local_day(now);
    const auto number = declaration_number(day, store::next_number(tx, catalogue::to_iso(day)));
    if (!number) throw ErrorException{number.error()};
    declaration = store::Declaration{incoming.declaration_id,
                                     account.account_id,
                                     *number,
                                     checked.statement.item_id(),
                                     checked.statement.item_version(),
                                     now,
                                     now,
                                     {}};
    submitted(declaration->progress);
    store::add_declaration(tx, *declaration);
  } else {
    submitted(declaration->progress);
    store::put_progress(tx, incoming.declaration_id, declaration->progress, now);
  }
  store::Submission submission;
  submission.number = first ? 1 : store::count_submissions(tx, incoming.declaration_id) + 1;
  submission.kind = first ? "application" : "supplement";
  submission.signed_statement = incoming.signed_statement;
  submission.sealed_content = incoming.sealed_content;
  submission.receipt = make_receipt(portal, checked, incoming, declaration->declaration_number, now);
  submission.content_sha256 = incoming.content_sha256;
  submission.parts = static_cast<std::uint64_t>(checked.statement.parts_size());
  submission.received = now;
  store::add_submission(tx, incoming.declaration_id, submission);
  store::add_step(tx, incoming.declaration_id, declaration->progress.case_sequence,
                  {declaration->progress.status, declaration->progress.stage, now});

  std::vector<exchange::SealedFile> materials;
  for (const auto& part : checked.statement.parts()) {
    const auto brought = [&](const StoredUpload& known) { return known.upload_id == part.upload_id(); };
    if (std::any_of(facts.earlier.begin(), facts.earlier.end(), brought)) continue;
    const store::UploadKey key{account.account_id, incoming.declaration_id, part.upload_id()};
    if (!store::submit_upload(tx, key, now))
      fail(Fault::conflict, "submission.upload_missing", "an upload was deleted meanwhile");
    materials.push_back({part.upload_id(), portal.files.path_of(key), part.size()});
  }
  // What was uploaded and then left out of the dossier is of no more use.
  store::release_uploads_for(tx, account.account_id, incoming.declaration_id, now);
  store::delete_draft(tx, account.account_id, incoming.declaration_id);

  jindu::v1::DossierDelivery delivery;
  delivery.set_signed_statement(incoming.signed_statement.data(), incoming.signed_statement.size());
  delivery.set_sealed_content(incoming.sealed_content.data(), incoming.sealed_content.size());
  delivery.set_submission_receipt(submission.receipt.data(), submission.receipt.size());
  exchange::enqueue_submission(tx, incoming.declaration_id, materials, delivery, now);
  return answer_of(*declaration, submission, false);
}

// Everything that can be checked without asking the database.
result<dossier::CheckedStatement> check(const Portal& portal, const Incoming& incoming) {
  auto checked = dossier::check_statement(incoming.signed_statement, incoming.sealed_content, portal.applicants,
                                          portal.clock.now());
  if (!checked) return checked;
  const auto seal = seal::inspect_seal(incoming.sealed_content);
  if (!seal) return seal.error();
  if (const auto held = check_content_seal(checked->statement, *seal); !held) return held.error();
  return checked;
}

}  // namespace

Answer submit(Portal& portal, http::Request& request) {
  const auto id = uuid_parameter(request, "declaration_id", "declaration.unknown");
  if (!id) return id.error();
  Body body(request);
  Incoming incoming{*id,
                    body.base64("signed_statement", 1, dossier::kStatementMax + 64 * 1024),
                    body.base64("sealed_content", 1, dossier::kContentMax),
                    {}};
  if (const auto read = body.finish(); !read) return read.error();
  incoming.content_sha256 = crypto::sha256(incoming.sealed_content);
  const auto& account = applicant(request).session.account;

  // A repetition is answered before anything else is asked: the first answer may have been lost on the way.
  std::optional<http::Response> answer;
  const auto looked = portal.database.read([&](storage::Transaction& tx) {
    answer = earlier_answer(tx, incoming, store::find_declaration(tx, incoming.declaration_id), account.account_id);
    if (!answer) demand_attempt(tx, portal, kAttempts, account.account_id, portal.limits.submission);
  });
  if (!looked) return looked.error();
  if (answer) return std::move(*answer);

  // An attempt counts whether it succeeds or not. One that succeeds is counted in its own commit: a commit of its own
  // would cost as much as all the rest of it.
  const auto refused = [&](const Error& error) -> Answer {
    if (const auto held = limit(portal, kAttempts, account.account_id, portal.limits.submission); !held)
      return held.error();
    return error;
  };
  const auto checked = check(portal, incoming);
  if (!checked) return refused(checked.error());
  const auto taken = portal.database.write([&](storage::Transaction& tx) {
    take_attempt(tx, portal, kAttempts, account.account_id, portal.limits.submission);
    answer = take_in(portal, tx, incoming, *checked, account);
  });
  if (!taken) return refused(taken.error());
  portal.wake();
  log::info("submission.taken",
            {{"declaration", *id}, {"parts", checked->statement.parts_size()}, {"request_id", request.request_id}});
  return std::move(*answer);
}

}  // namespace jindu::portal::api
