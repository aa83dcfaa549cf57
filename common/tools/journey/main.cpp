// jindu-journey: a whole application without a human, against a running system; every step with its evidence.
#include <jindu/v1/payload.pb.h>

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <iostream>
#include <thread>

#include "common/crypto/cms.hpp"
#include "common/evidence/pdf_signature.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/ids.hpp"
#include "common/runtime/messages.hpp"
#include "common/tools/journey/parties.hpp"

namespace {

using namespace jindu;
using namespace jindu::journey;
namespace json = boost::json;
using Seconds = std::chrono::duration<double>;

const auto began = std::chrono::steady_clock::now();

void say(const std::string& step, const std::string& evidence) {
  char time[16];
  std::snprintf(time, sizeof time, "%7.2f s  ", Seconds(std::chrono::steady_clock::now() - began).count());
  std::cout << time << step << "\n" << (evidence.empty() ? "" : "           " + evidence + "\n") << std::flush;
}

struct Failure {
  std::string what;
};
template <class T>
T need(result<T> outcome, const std::string& step) {
  if (outcome) return std::move(*outcome);
  throw Failure{step + ": " + outcome.error().detail + " [" + outcome.error().code + "]" + (outcome.error().field.empty() ? "" : " at " + outcome.error().field)};
}
void must(const result<void>& outcome, const std::string& step) {
  if (!outcome) throw Failure{step + ": " + outcome.error().detail + " [" + outcome.error().code + "]"};
}

// Asks until it is so; what a service that restarts answers meanwhile does not matter.
template <class F>
auto wait_for(const std::string& what, int seconds, F look) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  Error last{Fault::unavailable, "journey.waited", "nothing was heard"};
  while (std::chrono::steady_clock::now() < until) {
    auto seen = look(last);
    if (seen) return std::move(*seen);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  throw Failure{"waited " + std::to_string(seconds) + " s for " + what + ": " + last.detail + " [" + last.code + "]"};
}

// Tries again while a service is away, as a person would.
template <class F>
auto persist(const std::string& step, int seconds, F act) {
  return wait_for(step, seconds, [&](Error& last) -> std::optional<typename decltype(act())::value_type> {
    auto done = act();
    if (done) return std::move(*done);
    last = done.error();
    if (last.fault != Fault::unavailable && last.fault != Fault::internal) throw Failure{step + ": " + last.detail + " [" + last.code + "] " + last.field};
    return {};
  });
}

std::string text(const json::object& object, const char* name) { return std::string(object.at(name).as_string()); }

struct Options {
  std::string access, item = "food-business-licence", catalogue_folder, company = "ec", keep, outcome = "grant";
  int patience = 60;
  std::string declaration;
};

void run(const Options& o) {
  const auto access = need(read_access(o.access), "access");
  const auto root = need(crypto::TrustStore::from_files(access.root), "root");
  auto company = persist("company logs in", o.patience, [&] { return Company::enter(access, o.company); });
  say("company logs in by signed challenge", company.identity().certificate.common_name() + ", " + company.identity().certificate.serial_number_attribute() + ", key " + (company.identity().key.public_key().is_rsa() ? "RSA" : "EC P-256"));
  const auto item = persist("item", o.patience, [&] { return ask(company.client(), "GET", "/api/v1/items/" + o.item); }).as_object();
  const auto department = std::string(item.at("department").at("id").as_string());
  say("guide of " + std::string(item.at("name").at("zh").as_string()), "version " + std::to_string(item.at("version").as_int64()) + ", department " + department);

  auto form = json::parse(need(files::read_text(o.catalogue_folder + "/samples/" + o.item + ".json"), "sample form"));
  const auto materials = sample_materials(item, form);
  const auto id = o.declaration.empty() ? new_uuid(SystemClock().now()) : o.declaration;
  const auto made = persist("dossier", o.patience, [&] { return company.make(o.item, json::serialize(form), materials, id, SystemClock().now()); });
  say("form filled in, " + std::to_string(materials.size()) + " materials sealed, dossier signed and sealed", "statement SHA-256 " + to_hex(crypto::sha256(made.signed_statement)));
  const auto submitted = persist("submit", o.patience, [&] { return company.submit(id, made); });
  const auto repeated = persist("submit again", o.patience, [&] { return company.submit(id, made); });
  if (repeated.declaration_number != submitted.declaration_number || repeated.receipt != submitted.receipt) throw Failure{"the same submission got another number"};
  say("submitted: " + submitted.declaration_number + " (asked twice, one declaration)", "receipt signed by portal, SHA-256 " + to_hex(crypto::sha256(submitted.receipt)));

  const auto status_is = [&](const std::string& wanted) {
    wait_for("status " + wanted, o.patience, [&](Error& last) -> std::optional<bool> {
      auto seen = company.declaration(id);
      if (!seen) {
        last = seen.error();
        return {};
      }
      const auto status = text(*seen, "status");
      last.detail = "it is " + status;
      if (status == "returned" && wanted != "returned") {
        std::string findings;
        for (const auto& notice : seen->at("notices").as_array()) {
          auto opened = company.open_notice(id, std::string(notice.at("notice_id").as_string()));
          jindu::v1::NoticeContent content;
          if (opened && parse_message(*opened, content))
            for (const auto& f : content.findings()) findings += " " + f.pointer() + " " + f.rule();
        }
        throw Failure{"the dossier went back:" + findings};
      }
      if (status == wanted) return true;
      return {};
    });
  };
  status_is("received");
  say("crossed the gateway, opened, checked and inspected: received", "case " + id);

  const auto official = [&](const std::string& role) { return need(Official::enter(access, department + "-" + role), role); };
  auto acceptor = official("acceptor"), reviewer = official("reviewer"), rereviewer = official("rereviewer"), determiner = official("determiner");
  const auto command = [&](Official& by, json::object what, const std::string& step) {
    what["command_id"] = new_uuid(SystemClock().now());
    what["expected_sequence"] = persist(step, o.patience, [&] { return by.read(id); }).at("sequence");
    const auto answer = persist(step, o.patience, [&] { return by.command(id, what); });
    say(step, "history at " + std::to_string(answer.at("sequence").as_int64()) + ", status " + text(answer, "status"));
  };
  command(acceptor, {{"command", "accept"}, {"opinion", "材料齐全，符合法定形式，予以受理。"}}, "accepted (受理)");
  command(reviewer, {{"command", "review"}, {"opinion", "经初审，符合条件。"}, {"recommendation", "grant"}}, "initial review (初审)");
  command(rereviewer, {{"command", "review"}, {"opinion", "复审同意初审意见。"}, {"recommendation", "grant"}}, "re-review (复审)");
  const auto determined = persist("determine", o.patience, [&] { return determiner.determine(id, o.outcome, "同意复审意见。", o.outcome == "refuse" ? "不符合法定条件。" : ""); });
  say("determined (审定), record signed by the official's own key", "history at " + std::to_string(determined.at("sequence").as_int64()));
  command(acceptor, {{"command", "notify"}, {"opinion", "已送达。"}}, "notified (告知)");

  const std::string outcome = o.outcome == "grant" ? "granted" : "refused";
  status_is(outcome);
  const auto seen = persist("declaration", o.patience, [&] { return company.declaration(id); });
  std::string steps;
  for (const auto& step : seen.at("steps").as_array()) steps += (steps.empty() ? "" : " > ") + std::string(step.at("status").as_string());
  say("the applicant sees: " + outcome, steps);

  jindu::v1::NoticeContent decision;
  wait_for("decision", o.patience, [&](Error& last) -> std::optional<bool> {
    auto now = company.declaration(id);
    if (!now) {
      last = now.error();
      return {};
    }
    for (const auto& notice : now->at("notices").as_array()) {
      if (notice.at("kind") != "decision") continue;
      auto opened = company.open_notice(id, std::string(notice.at("notice_id").as_string()));
      if (!opened) {
        last = opened.error();
        return {};
      }
      must(parse_message(*opened, decision), "decision");
      return true;
    }
    return {};
  });
  const Bytes pdf(decision.document().begin(), decision.document().end());
  const auto signature = need(evidence::verify_pdf_signature(pdf), "decision signature");
  must(root.verify(signature.signer, signature.others, SystemClock().now()), "decision certificate");
  say("decision opened with the applicant's key: " + decision.document_number(), "PAdES by " + signature.signer.common_name() + ", " + std::to_string(pdf.size()) + " bytes, SHA-256 " + to_hex(crypto::sha256(pdf)));
  auto code = decision.document_name();
  code = code.substr(code.find('-') + 1, 26);
  const auto checked = persist("check", o.patience, [&] { return company.check_document(code); }).as_object();
  if (text(checked, "sha256") != to_hex(crypto::sha256(pdf)) || text(checked, "state") != "valid") throw Failure{"the public check does not know this document"};
  say("anybody can check it: " + text(checked, "state"), access.portal + "/check/" + code);

  if (o.keep.empty()) return;
  must(files::make_folder(o.keep), "keep");
  const std::filesystem::path folder = std::filesystem::absolute(o.keep);
  must(files::write_durably(folder / "decision.pdf", pdf), "keep");
  must(files::write_durably(folder / "submission-receipt.jds", submitted.receipt), "keep");
  must(files::write_durably(folder / "statement.jdd", made.signed_statement), "keep");
  must(files::write_durably(folder / "content.jds", made.sealed_content), "keep");
  say("kept in " + folder.string(), "decision.pdf submission-receipt.jds statement.jdd content.jds");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Performs a whole application against a running system"};
  Options o;
  app.add_option("access", o.access, "access.json as deploy/demo writes it")->required();
  app.add_option("--item", o.item, "Service item");
  app.add_option("--catalogue", o.catalogue_folder, "Folder with samples/")->required();
  app.add_option("--company", o.company, "ec or rsa")->check(CLI::IsMember({"ec", "rsa"}));
  app.add_option("--outcome", o.outcome, "grant or refuse")->check(CLI::IsMember({"grant", "refuse"}));
  app.add_option("--patience", o.patience, "Seconds to wait for each step");
  app.add_option("--declaration", o.declaration, "Its UUID; a new one otherwise");
  app.add_option("--keep", o.keep, "Folder for what the applicant gets");
  CLI11_PARSE(app, argc, argv);
  try {
    run(o);
  } catch (const Failure& failure) {
    std::cout << "FAILED     " << failure.what << "\n";
    return 1;
  }
  return 0;
}
