// jindu-verify: checks what Jindu has signed offline (dossiers, receipts, decisions, bundles, histories, and what the
// gateway's units have counted and put away), and says what is and what is not
// proven. Exit code 0: all that was asked is proven. 1: it is not, and why. 2: an input cannot be used.
#include <iostream>

#include "common/dossier/dossier.hpp"
#include "common/evidence/saved_statements.hpp"
#include "common/exchange/codec/bundle.hpp"
#include "common/runtime/command_line.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/language.hpp"
#include "common/tools/verify/checks.hpp"
#include "common/tools/verify/words.hpp"

namespace {

using namespace jindu;
using namespace jindu::verify;
namespace fs = std::filesystem;

constexpr std::size_t kDocumentMax = 64 * 1024 * 1024;

struct Options {
  std::vector<fs::path> roots, intermediates, crls, parts, files;
  fs::path file, content, receipt, statement, bundle, record, sender, key, passphrase_file, into;
  std::string at, language, signer_of_receipt = "portal", signer_of_history = "approval", signer_of_decision;
  bool as_json = false, partial = false;
};

// An input that cannot even be looked at ends the program with exit code 2.
struct Unusable {
  Error error;
};
template <class T>
T need(result<T> value) {
  if (!value) throw Unusable{value.error()};
  return std::move(*value);
}
Bytes read(const fs::path& path, std::size_t limit) { return need(files::read(path, limit)); }
std::optional<Bytes> read_if(const fs::path& path, std::size_t limit) {
  return path.empty() ? std::nullopt : std::optional(read(path, limit));
}

Trust trust_of(const Options& o) {
  auto trust = need(read_trust(o.roots, o.intermediates, o.crls));
  trust.now = SystemClock().now();
  if (!o.at.empty()) trust.at = need(instant_from(o.at));
  return trust;
}

std::optional<crypto::PrivateKey> key_of(const Options& o) {
  if (o.key.empty()) return {};
  std::string passphrase;
  if (!o.passphrase_file.empty()) passphrase = need(files::read_text(o.passphrase_file, 4096));
  while (passphrase.ends_with('\n') || passphrase.ends_with('\r')) passphrase.pop_back();
  return need(read_key(o.key, passphrase));
}

// The statements of all files, and whom to believe of them: a file may bring the certificates between along.
struct Saved {
  std::vector<Bytes> statements;
  Trust trust;
};
Saved saved_of(const Options& o) {
  Saved saved{{}, trust_of(o)};
  auto& between = saved.trust.nodes.intermediates;
  for (const auto& path : o.files) {
    auto file = need(evidence::saved_statements(read(path, kDocumentMax)));
    if (file.statements.empty()) throw Unusable{{Fault::invalid, "input.statements", path.string() + " holds none"}};
    std::move(file.intermediates.begin(), file.intermediates.end(), std::back_inserter(between));
    std::move(file.statements.begin(), file.statements.end(), std::back_inserter(saved.statements));
  }
  return saved;
}

Report dossier_report(const Options& o) {
  DossierFiles files{
      read(o.file, dossier::kStatementMax), read(o.content, dossier::kContentMax), o.parts, o.partial, key_of(o), {}};
  if (!o.into.empty()) files.into = o.into;
  return check_dossier(files, trust_of(o));
}
Report receipt_report(const Options& o) {
  return check_receipt(
      {read(o.file, evidence::kSignedMax), o.signer_of_receipt, read_if(o.statement, dossier::kStatementMax),
       read_if(o.content, dossier::kContentMax), o.parts, read_if(o.bundle, exchange::kMessageBundleMax)},
      trust_of(o));
}
Report decision_report(const Options& o) {
  return check_decision({read(o.file, kDocumentMax), o.signer_of_decision, read_if(o.record, 64 * 1024)}, trust_of(o));
}
Report bundle_report(const Options& o) {
  return check_bundle({read(o.file, exchange::kMessageBundleMax),
                       need(crypto::Certificate::all_from_pem_file(o.sender.string())), key_of(o)},
                      trust_of(o));
}
Report timeline_report(const Options& o) {
  const auto saved = saved_of(o);
  return check_timeline(saved.statements, read_if(o.bundle, exchange::kMessageBundleMax), saved.trust);
}
Report reconciliation_report(const Options& o) {
  const auto saved = saved_of(o);
  return check_reconciliation(saved.statements, saved.trust);
}
Report record_report(const Options& o) {
  return check_record({read(o.file, evidence::kRecordMax), read_if(o.bundle, kDocumentMax)}, trust_of(o));
}
Report history_report(const Options& o) {
  const auto saved = saved_of(o);
  return check_history({saved.statements, o.signer_of_history}, saved.trust);
}

// What every check takes.
void add_common(Command command, Options& o) {
  // One value each, so that they may stand before a file.
  command.option("--root", o.roots, "Whom to trust: PEM certificates of roots").required().one_each();
  command
      .option("--intermediate", o.intermediates,
              "PEM certificates between a root and a signer, where the file holds none")
      .one_each();
  command.option("--crl", o.crls, "PEM revocation lists, one of each issuer").one_each();
  command.option("--at", o.at, "Check certificates as of this moment (UTC) instead of the one that is claimed");
  command.flag("--json", o.as_json, "As JSON");
  command.option("--language", o.language, "zh or en; otherwise as the locale says").one_of({"zh", "en"});
}
void add_key(Command command, Options& o, const char* what) {
  command.option("--key", o.key, what);
  command.option("--passphrase-file", o.passphrase_file, "File whose first line opens the key");
}

int answer(const Options& o, Report (*check)(const Options&)) {
  const auto language = language_of(o.language);
  try {
    const auto report = check(o);
    std::cout << (o.as_json ? as_json(report, language) + "\n" : as_text(report, language));
    return report.good() ? 0 : 1;
  } catch (const Unusable& unusable) {
    const auto plain = reason(unusable.error.code, language);
    std::cerr << plain << (plain.empty() ? "" : " ") << "(" << unusable.error.detail << ") [" << unusable.error.code
              << "]\n";
  } catch (const ErrorException& exception) {
    std::cerr << exception.what() << "\n";
  }
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine app("Checks what Jindu signed and sealed, without Jindu: no server, no database, no network");
  app.needs_command();
  Options o;
  Report (*check)(const Options&) = nullptr;
  const auto command = [&](const char* name, const char* what, Report (*run)(const Options&)) {
    auto added = app.command(name, what);
    add_common(added, o);
    added.when_chosen([&check, run] { check = run; });
    return added;
  };

  auto of_dossier =
      command("dossier", "A signed statement, the sealed content and the sealed materials", dossier_report);
  of_dossier.option("statement", o.file, "The signed statement").required();
  of_dossier.option("content", o.content, "The sealed content").required();
  of_dossier.option("--part", o.parts, "A sealed material; once for each, in any order").one_each();
  of_dossier.flag("--partial", o.partial, "Materials may be missing");
  of_dossier.option("--into", o.into, "Folder for what was signed and, with a key, for what was opened");
  add_key(of_dossier, o, "A recipient's key: PEM or PKCS#12");

  auto of_receipt = command("receipt", "A receipt of the portal or of a gateway unit", receipt_report);
  of_receipt.option("receipt", o.file).required();
  of_receipt.option("--statement", o.statement, "The signed statement that was submitted");
  of_receipt.option("--content", o.content, "The sealed content that was submitted");
  of_receipt.option("--part", o.parts, "A sealed material that was submitted").one_each();
  of_receipt.option("--bundle", o.bundle, "The bundle that a gateway's receipt is about");
  of_receipt.option("--signer", o.signer_of_receipt, "Common Name of the portal's node").show_default();

  auto of_decision = command("decision", "A decision or another document, as PDF", decision_report);
  of_decision.option("pdf", o.file).required();
  of_decision.option("--record", o.record, "Its DocumentRecord, or what the public check answers");
  of_decision.option("--signer", o.signer_of_decision, "Common Name of who should have signed; any otherwise");

  auto of_bundle = command("bundle", "A bundle that crosses the gateway", bundle_report);
  of_bundle.option("bundle", o.file).required();
  of_bundle.option("--sender", o.sender, "PEM certificate of the sending node").required();
  add_key(of_bundle, o, "The destination node's key: PEM or PKCS#12");

  auto of_timeline =
      command("timeline", "The receipts of one bundle: is the ladder whole and monotone?", timeline_report);
  of_timeline.option("receipts", o.files, "Receipts, or JSON with a list of them as the console shows").required();
  of_timeline.option("--bundle", o.bundle, "The bundle that they are about");

  auto of_reconciliation =
      command("reconciliation", "What gateway units have counted, as the console saves it: do both agree?",
              reconciliation_report);
  of_reconciliation.option("statements", o.files, "Statements, or JSON with a list of them").required();

  auto of_record =
      command("record", "What a gateway unit has put away from quarantine, or keeps there as evidence", record_report);
  of_record.option("record", o.file).required();
  of_record.option("--bundle", o.bundle, "The bytes that it is about");

  auto of_history =
      command("history", "The events of one case: signed, chained and decided by whom they say?", history_report);
  of_history.option("events", o.files, "Events from first to last, or JSON with a list of them").required();
  of_history.option("--signer", o.signer_of_history, "Common Name of the approval node").show_default();

  if (const auto ended = app.read(argc, argv)) return *ended;
  return answer(o, check);
}
