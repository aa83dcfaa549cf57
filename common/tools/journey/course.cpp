#include "common/tools/journey/course.hpp"

#include <jindu/v1/payload.pb.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>
#include <optional>
#include <thread>

#include "common/evidence/pdf_signature.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/ids.hpp"
#include "common/runtime/messages.hpp"
#include "common/tools/journey/proof.hpp"

namespace jindu::journey {
namespace {

namespace json = boost::json;
using Seconds = std::chrono::duration<double>;

template <class T>
T need(result<T> outcome, const std::string& step) {
  if (outcome) return std::move(*outcome);
  const auto& e = outcome.error();
  throw Failure{step + ": " + e.detail + " [" + e.code + "]" + (e.field.empty() ? "" : " at " + e.field)};
}
void must(const result<void>& outcome, const std::string& step) {
  if (!outcome) throw Failure{step + ": " + outcome.error().detail + " [" + outcome.error().code + "]"};
}

std::string text(const json::object& object, const char* name) { return std::string(object.at(name).as_string()); }

class Course {
 public:
  explicit Course(const Options& options) : o_(options), access_(need(read_access(o_.access), "access")) {}

  void run() {
    enter();
    fill_in();
    const auto made = make(form_, {});
    if (o_.until == "made") return;
    submit(made);
    if (o_.until == "submitted") return;
    if (o_.path == "returned") return see_it_returned();
    see("received");
    say("crossed the gateway, opened, checked and inspected: received", "case " + id_);
    if (o_.until == "received") return;
    acceptor_.emplace(official("acceptor"));
    if (o_.path == "not-accepted") return see_it_not_accepted();
    if (o_.path == "supplement") supplement();
    handle();
    open_decision();
    check_what_is_held();
  }

 private:
  void say(const std::string& step, const std::string& evidence) const {
    char time[16];
    std::snprintf(time, sizeof time, "%7.2f s  ", Seconds(std::chrono::steady_clock::now() - began_).count());
    std::cout << time << step << "\n" << (evidence.empty() ? "" : "           " + evidence + "\n") << std::flush;
  }

  // Looks until something is to be seen; what a service that restarts answers meanwhile does not matter.
  template <class F>
  auto wait_for(const std::string& what, F look) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(o_.patience);
    Error last{Fault::unavailable, "journey.waited", "nothing was heard"};
    while (std::chrono::steady_clock::now() < until) {
      auto seen = look(last);
      if (seen) return std::move(*seen);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    throw Failure{"waited " + std::to_string(o_.patience) + " s for " + what + ": " + last.detail + " [" + last.code +
                  "]"};
  }

  // Tries again while a service is away, as a person would.
  template <class F>
  auto persist(const std::string& step, F act) const {
    return wait_for(step, [&](Error& last) -> std::optional<typename decltype(act())::value_type> {
      auto done = act();
      if (done) return std::move(*done);
      last = done.error();
      if (last.fault != Fault::unavailable && last.fault != Fault::internal)
        throw Failure{step + ": " + last.detail + " [" + last.code + "] " + last.field};
      return {};
    });
  }

  void enter() {
    if (o_.applicant == "citizen") {
      applicant_.emplace(persist("citizen registers", [&] {
        // A number of its own for each attempt: an earlier one may have been kept though its answer was lost.
        std::string phone = "139";
        for (const auto byte : crypto::random_bytes(8)) phone += static_cast<char>('0' + byte % 10);
        return Applicant::register_citizen(access_, "王晓渡", phone);
      }));
    } else {
      applicant_.emplace(persist("company logs in", [&] { return Applicant::enter(access_, o_.applicant); }));
    }
    const auto& who = applicant_->identity();
    const auto code = who.certificate.serial_number_attribute();
    say(o_.applicant == "citizen" ? "citizen registers, and logs in" : "company logs in by signed challenge",
        who.certificate.common_name() + (code.empty() ? "" : ", " + code) + ", key " +
            (who.key.public_key().is_rsa() ? "RSA" : "EC P-256") + ", certificate by " +
            who.certificate.issuer_common_name());
  }

  void fill_in() {
    item_ = persist("item", [&] { return ask(applicant_->client(), "GET", "/api/v1/items/" + o_.item); }).as_object();
    department_ = std::string(item_.at("department").at("id").as_string());
    say("guide of " + std::string(item_.at("name").at("zh").as_string()),
        "version " + std::to_string(item_.at("version").as_int64()) + ", department " + department_);
    form_ = json::parse(need(files::read_text(o_.catalogue_folder + "/samples/" + o_.item + ".json"), "sample form"));
    if (o_.path == "returned") {
      // A mistake that the applicant's browser would not let through; the portal cannot see it.
      auto& code = form_.at("credit_code").as_string();
      code.back() = code.back() == '0' ? '1' : '0';
    }
    id_ = o_.declaration.empty() ? new_uuid(SystemClock().now()) : o_.declaration;
  }

  dossier::MadeDossier make(const json::value& form, const Answering& answering) {
    const auto materials = sample_materials(item_, form, o_.material_kib * 1024);
    auto made = persist("dossier", [&] {
      return applicant_->make(o_.item, json::serialize(form), materials, id_, SystemClock().now(), answering);
    });
    say("form filled in, " + std::to_string(materials.size()) + " materials sealed, dossier signed and sealed",
        "statement SHA-256 " + to_hex(crypto::sha256(made.signed_statement)));
    keep(answering.notice_id.empty() ? "" : "supplement-", made);
    return made;
  }

  void submit(const dossier::MadeDossier& made) {
    const auto submitted = persist("submit", [&] { return applicant_->submit(id_, made); });
    const auto repeated = persist("submit again", [&] { return applicant_->submit(id_, made); });
    if (repeated.declaration_number != submitted.declaration_number || repeated.receipt != submitted.receipt)
      throw Failure{"the same submission got another number"};
    say("submitted: " + submitted.declaration_number + " (asked twice, one declaration)",
        "receipt signed by the portal, SHA-256 " + to_hex(crypto::sha256(submitted.receipt)));
    keep("submission-receipt.jds", submitted.receipt);
  }

  // Waits for a status at the portal, as the applicant who looks again and again.
  void see(const std::string& wanted) {
    wait_for("status " + wanted, [&](Error& last) -> std::optional<bool> {
      auto seen = applicant_->declaration(id_);
      if (!seen) {
        last = seen.error();
        return {};
      }
      const auto status = text(*seen, "status");
      last.detail = "it is " + status;
      if (status == wanted) return true;
      if (status == "returned") throw Failure{"the dossier went back:" + told(notice("returned"))};
      return {};
    });
  }

  jindu::v1::NoticeContent notice(const std::string& kind) {
    return wait_for("notice " + kind, [&](Error& last) -> std::optional<jindu::v1::NoticeContent> {
      auto seen = applicant_->declaration(id_);
      if (!seen) {
        last = seen.error();
        return {};
      }
      for (const auto& one : seen->at("notices").as_array()) {
        if (std::string(one.at("kind").as_string()) != kind) continue;
        auto opened = applicant_->open_notice(id_, std::string(one.at("notice_id").as_string()));
        if (!opened) {
          last = opened.error();
          return {};
        }
        jindu::v1::NoticeContent content;
        must(parse_message(*opened, content), "notice");
        return content;
      }
      return {};
    });
  }

  static std::string told(const jindu::v1::NoticeContent& notice) {
    std::string findings;
    for (const auto& f : notice.findings())
      findings +=
          (findings.empty() ? "" : ", ") + f.pointer() + " " + (f.message_zh().empty() ? f.rule() : f.message_zh());
    return findings;
  }

  void see_it_returned() {
    wait_for("status returned", [&](Error& last) -> std::optional<bool> {
      auto seen = applicant_->declaration(id_);
      if (!seen) {
        last = seen.error();
        return {};
      }
      last.detail = "it is " + text(*seen, "status");
      if (text(*seen, "status") == "returned") return true;
      return {};
    });
    const auto returned = notice("returned");
    bool named = false;
    for (const auto& f : returned.findings()) named |= f.pointer() == "/credit_code" && f.rule() == "format.uscc";
    if (!named) throw Failure{"the dossier went back without naming /credit_code: " + told(returned)};
    say("went back by itself, no official touched it; the applicant reads why", told(returned));
  }

  Official official(const std::string& role) const {
    return need(Official::enter(access_, department_ + "-" + role), role);
  }

  void command(Official& by, json::object what, const std::string& step) {
    const auto intended = persist(step, [&] { return by.intend(id_, what); });
    told_sequence(persist(step, [&] { return by.give(id_, intended); }), step);
  }
  void told_sequence(const json::object& answer, const std::string& step) const {
    say(step, "history at " + std::to_string(answer.at("sequence").as_int64()) + ", status " + text(answer, "status"));
  }

  void see_it_not_accepted() {
    command(*acceptor_, {{"command", "not_accept"}, {"reasons", "申请事项依法不属于本机关职权范围。"}},
            "not accepted (不予受理)");
    see("not_accepted");
    const auto refused = notice("not_accepted");
    say("the applicant reads why: " + refused.document_number(), refused.body_zh());
  }

  void supplement() {
    command(*acceptor_,
            {{"command", "request_supplement"},
             {"items", json::array{{{"pointer", "/credit_code"},
                                    {"message_zh", "请核对统一社会信用代码。"},
                                    {"message_en", "Please check the credit code."}}}}},
            "supplement asked for, once, all that is missing (补正告知)");
    see("supplement_requested");
    const auto asked = notice("supplement");
    say("the applicant reads what is missing", told(asked));
    submit(make(form_, {asked.notice_id()}));
    see("received");
    say("the supplement has arrived: received", "case " + id_);
  }

  void handle() {
    auto reviewer = official("reviewer"), rereviewer = official("rereviewer"), determiner = official("determiner");
    const bool grant = o_.path != "refuse";
    const auto recommendation = grant ? "grant" : "refuse";
    command(*acceptor_, {{"command", "accept"}, {"opinion", "材料齐全，符合法定形式，予以受理。"}}, "accepted (受理)");
    command(reviewer,
            {{"command", "review"}, {"opinion", "经初审，提出意见如建议。"}, {"recommendation", recommendation}},
            "initial review (初审)");
    command(rereviewer, {{"command", "review"}, {"opinion", "复审同意初审意见。"}, {"recommendation", recommendation}},
            "re-review (复审)");
    const auto intended = persist("determine", [&] {
      return determiner.intend_to_determine(id_, recommendation, "同意复审意见。", grant ? "" : "不符合法定条件。");
    });
    told_sequence(persist("determine", [&] { return determiner.give(id_, intended); }),
                  "determined (审定), record signed by the official's own key");
    command(*acceptor_, {{"command", "notify"}, {"opinion", "已送达。"}}, "notified (告知)");
    const std::string outcome = grant ? "granted" : "refused";
    see(outcome);
    const auto seen = persist("declaration", [&] { return applicant_->declaration(id_); });
    std::string steps;
    for (const auto& step : seen.at("steps").as_array())
      steps += (steps.empty() ? "" : " > ") + std::string(step.at("status").as_string());
    say("the applicant sees: " + outcome, steps);
  }

  void open_decision() {
    const auto decision = notice("decision");
    const Bytes pdf(decision.document().begin(), decision.document().end());
    const auto root = need(crypto::TrustStore::from_files(access_.root), "root");
    const auto signature = need(evidence::verify_pdf_signature(pdf), "decision signature");
    must(root.verify(signature.signer, signature.others, SystemClock().now()), "decision certificate");
    say("decision opened with the applicant's key: " + decision.document_number(),
        "PAdES by " + signature.signer.common_name() + ", " + std::to_string(pdf.size()) + " bytes, SHA-256 " +
            to_hex(crypto::sha256(pdf)));
    keep("decision.pdf", pdf);
    auto code = decision.document_name();
    code = code.substr(code.find('-') + 1, 26);
    const auto checked = persist("check", [&] { return applicant_->check_document(code); }).as_object();
    if (text(checked, "sha256") != to_hex(crypto::sha256(pdf)) || text(checked, "state") != "valid")
      throw Failure{"the public check does not know this document"};
    say("anybody can check it: " + text(checked, "state"), access_.portal + "/check/" + code);
    keep("check.json", bytes_of(json::serialize(checked)));
    held_.decided = true;
  }

  // What the applicant holds in hand, for whoever checks it without us.
  void keep(const std::string& name, BytesView bytes) const {
    if (o_.keep.empty()) return;
    const auto folder = std::filesystem::absolute(o_.keep);
    must(files::make_folder(folder), "keep");
    must(files::write_durably(folder / name, bytes), "keep");
  }
  void keep(const std::string& prefix, const dossier::MadeDossier& made) {
    keep(prefix + "statement.jdd", made.signed_statement);
    keep(prefix + "content.jds", made.sealed_content);
    held_.prefix = prefix;
    held_.parts.clear();
    for (const auto& material : made.materials) {
      held_.parts.push_back(prefix + "material-" + material.upload_id + ".jds");
      keep(held_.parts.back(), material.sealed);
    }
  }

  // As anybody can, with what was kept and nothing else.
  void check_what_is_held() {
    if (o_.keep.empty()) return;
    held_.folder = std::filesystem::absolute(o_.keep);
    held_.pki = access_.pki;
    if (o_.applicant != "citizen") held_.applicant_p12 = "companies/" + o_.applicant + ".p12";
    must(prove(held_, [this](const std::string& step, const std::string& evidence) { say(step, evidence); }), "proof");
  }

  const Options& o_;
  const Access access_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::optional<Applicant> applicant_;
  std::optional<Official> acceptor_;
  json::object item_;
  json::value form_;
  std::string department_, id_;
  Held held_;
};

}  // namespace

void travel(const Options& options) { Course(options).run(); }

}  // namespace jindu::journey
