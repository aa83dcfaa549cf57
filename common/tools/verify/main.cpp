// jindu-verify: checks what Jindu has signed offline (dossiers, receipts, decisions, bundles, histories, and what the
// gateway's units have counted and put away), and says what is and what is not proven. Exit code 0: all that was asked
// is proven. 1: it is not, and why. 2: an input cannot be used.
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
  std::string at, signer_of_receipt = "portal", signer_of_history = "approval", signer_of_decision;
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

using Check = Report (*)(const Options&);

int answer(const Options& o, Check check, Language language) {
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

// The commands, each with its options and with help in the language of who reads it.
class Commands {
 public:
  Commands(CommandLine& app, Options& options, Language language) : app_(app), o_(options), language_(language) {}
  void add() {
    app_.needs_command();
    app_.language_option();
    dossier();
    receipt();
    decision();
    bundle();
    timeline();
    reconciliation();
    record();
    history();
  }
  Check chosen() const { return check_; }

 private:
  std::string help(const std::string& name) const { return say("help." + name, language_); }

  // With what every check takes.
  Command command(const char* name, Check run) {
    auto added = app_.command(name, help(name));
    // One value each, so that they may stand before a file.
    added.option("--root", o_.roots, help("root")).required().one_each();
    added.option("--intermediate", o_.intermediates, help("intermediate")).one_each();
    added.option("--crl", o_.crls, help("crl")).one_each();
    added.option("--at", o_.at, help("at"));
    added.json_option(o_.as_json);
    added.language_option();
    added.when_chosen([this, run] { check_ = run; });
    return added;
  }
  void add_key(Command command, const char* what) {
    command.option("--key", o_.key, help(what));
    command.option("--passphrase-file", o_.passphrase_file, help("passphrase_file"));
  }

  void dossier() {
    auto added = command("dossier", dossier_report);
    added.option("statement", o_.file, help("dossier.statement")).required();
    added.option("content", o_.content, help("dossier.content")).required();
    added.option("--part", o_.parts, help("dossier.part")).one_each();
    added.flag("--partial", o_.partial, help("dossier.partial"));
    added.option("--into", o_.into, help("dossier.into"));
    add_key(added, "dossier.key");
  }
  void receipt() {
    auto added = command("receipt", receipt_report);
    added.option("receipt", o_.file, help("receipt.receipt")).required();
    added.option("--statement", o_.statement, help("receipt.statement"));
    added.option("--content", o_.content, help("receipt.content"));
    added.option("--part", o_.parts, help("receipt.part")).one_each();
    added.option("--bundle", o_.bundle, help("receipt.bundle"));
    added.option("--signer", o_.signer_of_receipt, help("receipt.signer")).show_default();
  }
  void decision() {
    auto added = command("decision", decision_report);
    added.option("pdf", o_.file, help("decision.pdf")).required();
    added.option("--record", o_.record, help("decision.record"));
    added.option("--signer", o_.signer_of_decision, help("decision.signer"));
  }
  void bundle() {
    auto added = command("bundle", bundle_report);
    added.option("bundle", o_.file, help("bundle.bundle")).required();
    added.option("--sender", o_.sender, help("bundle.sender")).required();
    add_key(added, "bundle.key");
  }
  void timeline() {
    auto added = command("timeline", timeline_report);
    added.option("receipts", o_.files, help("timeline.receipts")).required();
    added.option("--bundle", o_.bundle, help("timeline.bundle"));
  }
  void reconciliation() {
    command("reconciliation", reconciliation_report)
        .option("statements", o_.files, help("reconciliation.statements"))
        .required();
  }
  void record() {
    auto added = command("record", record_report);
    added.option("record", o_.file, help("record.record")).required();
    added.option("--bundle", o_.bundle, help("record.bundle"));
  }
  void history() {
    auto added = command("history", history_report);
    added.option("events", o_.files, help("history.events")).required();
    added.option("--signer", o_.signer_of_history, help("history.signer")).show_default();
  }

  CommandLine& app_;
  Options& o_;
  Language language_;
  Check check_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  const auto language = language_of(argc, argv);
  CommandLine app(say("help", language), language);
  Options options;
  Commands commands(app, options, language);
  commands.add();
  if (const auto ended = app.read(argc, argv)) return *ended;
  return answer(options, commands.chosen(), language);
}
