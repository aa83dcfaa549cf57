#include <boost/json/parse.hpp>
#include <charconv>
#include <filesystem>

#include "common/dossier/dossier.hpp"
#include "common/exchange/service/enquiry.hpp"
#include "common/exchange/service/sent_anew.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/messages.hpp"
#include "intranet-approval/api/api.hpp"
#include "intranet-approval/api/json.hpp"
#include "intranet-approval/domain/cases/decide.hpp"
#include "intranet-approval/domain/cases/fact_json.hpp"
#include "intranet-approval/exchange/history.hpp"
#include "intranet-approval/store/dossiers.hpp"
#include "intranet-approval/store/papers.hpp"
#include "intranet-approval/store/readings.hpp"

namespace jindu::approval::api {
namespace {

namespace json = boost::json;

// The case's state, for somebody who may read it.
History readable(Office& office, storage::Transaction& t, const std::string& id, const Official& official) {
  auto history = load_history(t, id);
  const auto item = office.item(t, history.state.item_id, history.state.item_version);
  if (auto may = may_read(history.state, item.get(), official); !may) throw ErrorException(may.error());
  return history;
}

result<int> number_in(const http::Request& request) {
  const auto text = request.parameter("n");
  int number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size() || number < 1)
    return Error{Fault::not_found, "case.no_such_part", "there is no such part"};
  return number;
}

json::object event_json(const store::StoredEvent& stored) {
  const auto& event = stored.event;
  json::object out = to_json(event.fact);
  out["sequence"] = event.sequence;
  out["type"] = type_of(event.fact);
  out["at"] = to_unix_ms(event.at);
  out["actor"] = {{"kind", to_text(event.actor.kind)},
                  {"fingerprint", event.actor.fingerprint},
                  {"name", event.actor.name},
                  {"department", event.actor.department}};
  out["digest"] = to_hex(stored.digest);
  out["signed_by_official"] = stored.signed_by_official;
  if (const auto* refused = std::get_if<NotAccepted>(&event.fact)) out["document_number"] = refused->notice_number;
  return out;
}

json::array transit_json(storage::Transaction& t, const std::string& id) {
  json::array list;
  std::string last;
  const auto anew = exchange::sent_anew(t, id);
  const auto kept = exchange::can_be_sent_anew(t, id);
  for (const auto& rung : exchange::timeline(t, id)) {
    if (rung.bundle != last) {
      list.push_back({{"direction", "out"},
                      {"bundle_id", rung.bundle},
                      {"kind", rung.kind},
                      {"created_at", to_unix_ms(rung.at)},
                      {"can_be_sent_anew", kept.contains(rung.bundle)},
                      {"rungs", json::array{}}});
      if (const auto record = anew.find(rung.bundle); record != anew.end())
        list.back().as_object()["sent_anew"] = {{"bundle_id", record->second.bundle},
                                                {"at", to_unix_ms(record->second.at)},
                                                {"who", record->second.who},
                                                {"reason", record->second.reason}};
    }
    last = rung.bundle;
    list.back().at("rungs").as_array().push_back(
        {{"rung", rung.rung}, {"party", rung.party}, {"at", to_unix_ms(rung.at)}, {"code", rung.code}});
  }
  return list;
}

// What to search for in the gateway's consoles, where nobody sees a number.
json::object exchange_json(const exchange::Enquiry& enquiry) {
  json::array theirs(enquiry.theirs.begin(), enquiry.theirs.end()), arrived;
  for (const auto& one : enquiry.passages)
    if (!one.out)
      arrived.push_back(
          {{"bundle_id", one.bundle}, {"kind", one.kind}, {"outcome", one.rung}, {"at", to_unix_ms(one.at)}});
  return {{"subject", enquiry.subject}, {"subjects_of_portal", std::move(theirs)}, {"arrived", std::move(arrived)}};
}

json::object submission_json(const store::Submission& s) {
  return {{"n", s.number},
          {"kind", s.kind},
          {"valid", s.valid},
          {"received_outside_at", to_unix_ms(s.received_outside)},
          {"received_inside_at", to_unix_ms(s.received_inside)},
          {"signed_at", to_unix_ms(s.signed_at)},
          {"content_sha256", to_hex(s.content_sha256)}};
}

json::object material_json(const store::MaterialRow& m) {
  return {{"n", m.number},
          {"submission", m.submission},
          {"code", m.code},
          {"file_name", m.file_name},
          {"media_type", m.media_type},
          {"detected_type", m.detected_type},
          {"size", m.size},
          {"sha256", to_hex(m.sha256)},
          {"current", m.current},
          {"verdict", m.verdict},
          {"inspected_at", to_unix_ms(m.inspected_at)}};
}

json::object document_json(const store::Document& d) {
  return {{"n", d.number},
          {"kind", d.kind},
          {"number", d.document_number},
          {"title", to_json(catalogue::Localised{d.title_zh, d.title_en})},
          {"issued_at", to_unix_ms(d.issued_at)},
          {"valid_until", d.valid_until},
          {"sha256", to_hex(d.sha256)},
          {"check_code", d.check_code},
          {"size", d.size}};
}

json::value form_of(BytesView opened_content) {
  jindu::v1::SignedContent outer;
  jindu::v1::DossierContent content;
  boost::system::error_code code;
  if (!parse_message(opened_content, outer) || !parse_message(bytes_of(outer.content()), content))
    return json::object{};
  auto form = json::parse(content.form_json(), code);
  return code ? json::object{} : form;
}

// Decrypted into a private folder, for this answer and those that read on in the same file soon.
result<std::string> opened_material(const Office& office, const std::string& id, const store::MaterialRow& row) {
  namespace fs = std::filesystem;
  const auto kept = office.opened_path(id, row.number);
  std::error_code code;
  const auto written = fs::last_write_time(kept, code);
  // Those older than ten minutes are deleted: what is half as old is safe to name.
  if (!code && fs::file_time_type::clock::now() - written < std::chrono::minutes(5)) return kept;
  seal::FileKey key;
  if (row.file_key.size() != key.size())
    return Error{Fault::internal, "material.key", "the key of a material is not one"};
  std::copy(row.file_key.begin(), row.file_key.end(), key.begin());
  const auto digest = crypto::digest_from(row.sha256);
  if (!digest) return digest.error();
  const auto opened = office.scratch_path();
  if (auto ok =
          seal::open_file(office.upload_path(id, row.upload_id), key, dossier::material_binding(id, row.upload_id),
                          opened, seal::Expected{row.size, *digest});
      !ok)
    return ok.error();
  fs::rename(opened, kept, code);
  if (code) return Error{Fault::unavailable, "material.not_opened", code.message()};
  return kept;
}

}  // namespace

result<http::Response> read_case(Context& context, http::Request& request) {
  const auto& official = who(request);
  const std::string id(request.parameter("id"));
  json::object answer;
  // Who reads what is written down in the same transaction in which it is read.
  auto ok = context.office.database.write([&](storage::Transaction& t) {
    answer = {};
    const auto history = readable(context.office, t, id, official);
    const auto& state = history.state;
    const auto item = context.office.item(t, state.item_id, state.item_version);
    const auto catalogue = context.office.catalogue(t);
    if (!item || !catalogue)
      throw ErrorException({Fault::internal, "catalogue.item", "the item of a case is not there"});
    const auto submissions = store::submissions(t, id);
    auto applicant = applicant_of(submissions.back().opened_content);
    if (!applicant) throw ErrorException(applicant.error());
    const auto procedure = procedure_of(*item);
    json::array events, clock_list, materials, submission_list, documents, allowed;
    for (const auto& stored : history.stored) events.push_back(event_json(stored));
    for (const auto& clock :
         clocks(history.events, procedure, catalogue->calendar, catalogue::local_day(context.office.now())))
      clock_list.push_back(clock_json(clock));
    for (const auto& m : store::materials(t, id)) materials.push_back(material_json(m));
    for (const auto& s : submissions) submission_list.push_back(submission_json(s));
    for (const auto& d : store::documents(t, id)) documents.push_back(document_json(d));
    for (const auto& p : permissions(state, procedure, official))
      allowed.push_back({{"command", p.command}, {"allowed", p.allowed}, {"reason", p.reason}});
    const store::Submission* latest = &submissions.front();
    for (const auto& s : submissions)
      if (s.valid) latest = &s;
    answer = {{"case_id", id},
              {"sequence", state.sequence},
              {"status", to_text(state.status)},
              {"stage", state.stage},
              {"declaration_number", state.declaration_number},
              {"acceptance_number", state.acceptance_number},
              {"document_number", state.document_number},
              {"outcome", state.outcome ? json::value(to_text(*state.outcome)) : json::value(nullptr)},
              {"item", item_reference(*item, catalogue.get())},
              {"applicant",
               {{"kind", applicant->summary.kind},
                {"name", applicant->summary.name},
                {"id_number", applicant->id_number},
                {"phone", applicant->phone},
                {"certificate", certificate_json(applicant->certificate)}}},
              {"form", form_of(latest->opened_content)},
              {"materials", std::move(materials)},
              {"submissions", std::move(submission_list)},
              {"events", std::move(events)},
              {"clocks", std::move(clock_list)},
              {"transit", transit_json(t, id)},
              {"exchange", exchange_json(exchange::enquire(t, id))},
              {"may_send_anew", may_send_anew(state, procedure, official).has_value()},
              {"documents", std::move(documents)},
              {"allowed", std::move(allowed)},
              {"transit_ms",
               to_unix_ms(submissions.front().received_inside) - to_unix_ms(submissions.front().received_outside)},
              {"supplement_findings", to_json(state.open_findings)}};
    store::put_reading(t, {context.office.now(), official.fingerprint, id, "case", request.request_id});
  });
  if (!ok) return ok.error();
  return http::Response::json(answer);
}

result<http::Response> read_material(Context& context, http::Request& request) {
  const auto& official = who(request);
  const std::string id(request.parameter("id"));
  auto number = number_in(request);
  if (!number) return number.error();
  std::optional<store::MaterialRow> row;
  auto ok = context.office.database.write([&](storage::Transaction& t) {
    readable(context.office, t, id, official);
    row = store::find_material(t, id, *number);
    if (row)
      store::put_reading(t, {context.office.now(), official.fingerprint, id, "material/" + std::to_string(*number),
                             request.request_id});
  });
  if (!ok) return ok.error();
  if (!row) return Error{Fault::not_found, "case.no_such_part", "there is no such material"};
  if (row->verdict != "clean" && row->verdict != "unscanned")
    return Error{Fault::forbidden, "material.not_clean", "this file was not found harmless: " + row->verdict};
  const auto opened = opened_material(context.office, id, *row);
  if (!opened) return opened.error();
  // Only types that a browser shows without running anything are shown; all else is downloaded.
  const bool shown = row->detected_type == "application/pdf" || row->detected_type == "image/jpeg" ||
                     row->detected_type == "image/png";
  const bool download = !shown || request.query_value("download") == "1" || request.query_value("download") == "true";
  std::string plain_name =
      "material-" + std::to_string(*number) + std::filesystem::path(row->file_name).extension().string().substr(0, 10);
  plain_name.erase(std::remove_if(plain_name.begin(), plain_name.end(), [](char c) { return c < '-' || c > 'z'; }),
                   plain_name.end());
  auto response = http::Response::file(*opened, shown ? row->detected_type : "application/octet-stream");
  std::get<http::FileBody>(response.body).etag = to_hex(row->sha256);
  return std::move(response)
      .with("Content-Disposition",
            (download ? "attachment" : "inline") + std::string("; filename=\"") + plain_name + "\"")
      .with("Content-Security-Policy", "default-src 'none'; frame-ancestors 'self'; sandbox");
}

// The signed events themselves, for jindu-verify: what they prove needs neither this service nor its database.
result<http::Response> read_history(Context& context, http::Request& request) {
  const auto& official = who(request);
  const std::string id(request.parameter("id"));
  json::object answer;
  std::string number;
  auto ok = context.office.database.write([&](storage::Transaction& t) {
    const auto history = readable(context.office, t, id, official);
    json::array events;
    for (const auto& stored : history.stored) events.push_back(json::value(to_base64(stored.signed_bytes)));
    number = history.state.declaration_number;
    answer = {{"case_id", id}, {"declaration_number", number}, {"events", std::move(events)}};
    store::put_reading(t, {context.office.now(), official.fingerprint, id, "history", request.request_id});
  });
  if (!ok) return ok.error();
  return http::Response::json(answer).with(
      "Content-Disposition", "attachment; filename=\"history-" + (number.empty() ? id : number) + ".json\"");
}

result<http::Response> read_document(Context& context, http::Request& request) {
  const auto& official = who(request);
  const std::string id(request.parameter("id"));
  auto number = number_in(request);
  if (!number) return number.error();
  std::optional<store::Document> document;
  auto ok = context.office.database.write([&](storage::Transaction& t) {
    readable(context.office, t, id, official);
    document = store::find_document(t, id, *number);
    if (document)
      store::put_reading(t, {context.office.now(), official.fingerprint, id, "document/" + std::to_string(*number),
                             request.request_id});
  });
  if (!ok) return ok.error();
  if (!document) return Error{Fault::not_found, "case.no_such_part", "there is no such document"};
  return http::Response::bytes(std::move(document->body), "application/pdf")
      .with("Content-Disposition", "inline; filename=\"decision.pdf\"");
}

}  // namespace jindu::approval::api
