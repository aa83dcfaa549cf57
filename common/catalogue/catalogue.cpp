#include "common/catalogue/catalogue.hpp"

#include <algorithm>
#include <boost/json/stream_parser.hpp>
#include <set>

#include "common/catalogue/form_texts.hpp"
#include "common/catalogue/pattern.hpp"
#include "common/crypto/certificate.hpp"

namespace jindu::catalogue {
namespace {

namespace json = boost::json;

// Reads members and remembers the first mistake, so that parsing reads straight down.
class Reader {
 public:
  Reader(const json::value& value, std::string pointer, const char* code)
      : pointer_(std::move(pointer)), code_(code), object_(value.if_object()) {
    if (!object_) blame("", "must be an object");
  }
  const json::value* member(const char* name, bool needed = true) {
    known_.insert(name);
    const auto* found = object_ ? object_->if_contains(name) : nullptr;
    if (!found && needed) blame(name, "is missing");
    return found;
  }
  std::string text(const char* name, bool needed = true, std::size_t most = 20'000) {
    const auto* value = member(name, needed);
    if (!value) return {};
    if (!value->is_string() || (needed && value->as_string().empty()) || value->as_string().size() > most) {
      blame(name, "must be a text of 1 to " + std::to_string(most) + " bytes");
      return {};
    }
    return std::string(value->as_string());
  }
  std::int64_t integer(const char* name, std::int64_t least, std::int64_t most) {
    const auto* value = member(name);
    if (!value) return least;
    if (!value->is_int64() || value->as_int64() < least || value->as_int64() > most) {
      blame(name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
      return least;
    }
    return value->as_int64();
  }
  const json::array& list(const char* name, std::size_t least = 0) {
    static const json::array none;
    const auto* value = member(name);
    if (!value) return none;
    if (!value->is_array() || value->as_array().size() < least) {
      blame(name, least > 0 ? "must be a list that is not empty" : "must be a list");
      return none;
    }
    return value->as_array();
  }
  Localised localised(const char* name, bool needed = true) {
    const auto* value = member(name, needed);
    if (!value) return {};
    if (!is_localised(*value)) {
      blame(name, "needs a text in zh and in en");
      return {};
    }
    return {std::string(value->at("zh").as_string()), std::string(value->at("en").as_string())};
  }
  void localised_list(const char* name) {
    const auto* value = member(name, false);
    if (!value) return;
    const auto* entries = value->if_array();
    if (!entries || !std::all_of(entries->begin(), entries->end(), is_localised))
      blame(name, "must be a list of texts in zh and in en");
  }
  std::string at(const char* name) const { return pointer_join(pointer_, name); }
  void blame(const char* name, const std::string& what) {
    if (!first_) first_ = Error{Fault::invalid, code_, what, *name == '\0' ? pointer_ : at(name)};
  }
  void blame(const Error& error) {
    if (!first_) first_ = error;
  }
  // A member that nobody asked for is a typing mistake, not something to pass over.
  const std::optional<Error>& finish() {
    if (object_)
      for (const auto& member : *object_)
        if (!known_.contains(std::string(member.key())))
          blame(std::string(member.key()).c_str(), "is not a member that belongs here");
    return first_;
  }

 private:
  std::string pointer_;
  const char* code_;
  const json::object* object_;
  std::set<std::string> known_;
  std::optional<Error> first_;
};

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

result<DocumentTemplate> document(const json::value& value, const std::string& pointer) {
  Reader r(value, pointer, "catalogue.item");
  DocumentTemplate d;
  d.title = r.localised("title");
  d.number_template = r.text("number_template", true, 100);
  d.valid_years = static_cast<int>(r.integer("valid_years", 0, 100));
  d.body = r.localised("body");
  // A word that nothing replaces would be printed with its braces.
  static const Pattern number =
      Pattern::compile(
          "^([^{}]|\\{(department|item|year)\\})*\\{seq(:([1-9]|1[0-2]))?\\}([^{}]|\\{(department|item|year)\\})*$")
          .value();
  static const Pattern body =
      Pattern::compile("^([^{}]|\\{(applicant|acceptance_number|received_date|reasons)\\})*$").value();
  if (!number.found_in(d.number_template))
    r.blame("number_template", "needs one {seq} or {seq:N}, and knows {department}, {item} and {year} besides");
  for (const auto& text : {d.body.zh, d.body.en})
    if (!body.found_in(text))
      r.blame("body", "knows the words {applicant}, {acceptance_number}, {received_date} and {reasons} only");
  if (r.finish()) return *r.finish();
  return d;
}

result<void> guide(const json::value& value, const std::string& pointer) {
  Reader r(value, pointer, "catalogue.item");
  r.localised("summary");
  for (const char* name : {"fees", "where", "hours", "contact"}) r.localised(name, false);
  for (const char* name : {"conditions", "legal_basis", "process"}) r.localised_list(name);
  if (const auto* faq = r.member("faq", false)) {
    const auto good = [](const json::value& entry) {
      const auto* one = entry.if_object();
      return one && one->size() == 2 && one->contains("question") && one->contains("answer") &&
             is_localised(one->at("question")) && is_localised(one->at("answer"));
    };
    if (!faq->is_array() || !std::all_of(faq->as_array().begin(), faq->as_array().end(), good))
      r.blame("faq", "must be a list of question and answer, each in zh and in en");
  }
  if (r.finish()) return *r.finish();
  return {};
}

result<FormSchema> form(const json::value& value, const std::string& pointer) {
  Reader r(value, pointer, "catalogue.item");
  const auto* schema = r.member("schema");
  const auto* ui = r.member("ui");
  if (r.finish()) return *r.finish();
  auto compiled = FormSchema::compile(*schema);
  if (!compiled) {
    Error error = compiled.error();
    error.field = r.at("schema") + error.field;
    return error;
  }
  if (auto ok = check_form_texts(*schema, *ui, r.at("ui")); !ok) return ok.error();
  return compiled;
}

result<MaterialRule> material(const json::value& value, const std::string& pointer) {
  Reader r(value, pointer, "catalogue.item");
  MaterialRule m;
  m.code = r.text("code", true, 64);
  if (!is_word(m.code)) r.blame("code", "is a word of small letters, digits and hyphens");
  m.name = r.localised("name");
  r.localised("description", false);
  if (const auto* required = r.member("required")) {
    if (required->is_bool())
      m.required = required->as_bool();
    else
      r.blame("required", "must be true or false");
  }
  if (const auto* when = r.member("when", false)) {
    auto schema = FormSchema::compile(*when);
    if (schema)
      m.when = *schema;
    else
      r.blame({schema.error().fault, schema.error().code, schema.error().detail, r.at("when") + schema.error().field});
  }
  for (const auto& type : r.list("types", 1)) {
    if (!type.is_string() || type.as_string().find('/') == json::string::npos)
      r.blame("types", "must be media types");
    else
      m.types.emplace_back(type.as_string());
  }
  m.max_bytes = static_cast<std::uint64_t>(r.integer("max_bytes", 1, std::int64_t{2} << 30));
  m.max_files = static_cast<std::uint32_t>(r.integer("max_files", 1, 64));
  m.grade = r.text("grade", true, 1);
  if (std::string_view("ABCD").find(m.grade) == std::string_view::npos) r.blame("grade", "is A, B, C or D");
  if (r.finish()) return *r.finish();
  return m;
}

result<StageRule> stage(const json::value& value, const std::string& pointer) {
  Reader r(value, pointer, "catalogue.item");
  StageRule s;
  s.code = r.text("code", true, 64);
  if (!is_word(s.code)) r.blame("code", "is a word of small letters, digits and hyphens");
  s.name = r.localised("name");
  s.role = r.text("role", true, 64);
  s.limit_working_days = static_cast<int>(r.integer("limit_working_days", 0, 365));
  if (r.finish()) return *r.finish();
  return s;
}

result<Department> department(const json::value& value, const std::string& pointer) {
  Reader r(value, pointer, "catalogue.department");
  Department d;
  d.id = r.text("id", true, 64);
  if (!is_word(d.id)) r.blame("id", "is a word of small letters, digits and hyphens");
  d.code = r.text("code", true, 8);
  if (d.code.size() != 2 || !std::all_of(d.code.begin(), d.code.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
    r.blame("code", "is two capital letters");
  d.name = r.localised("name");
  auto bytes = from_base64(r.text("certificate"));
  if (!bytes || !crypto::Certificate::from_der(*bytes))
    r.blame("certificate", "must be a certificate (DER) in base64");
  else
    d.certificate = std::move(*bytes);
  if (r.finish()) return *r.finish();
  return d;
}

std::string with_line(std::string_view text, const Error& error) {
  const auto line = line_of(text, error.field);
  return (line > 0 ? "line " + std::to_string(line) + ": " : "") + error.field + " " + error.detail;
}

// Walks a JSON text that parsed, up to what the pointer leads to.
class LineFinder {
 public:
  LineFinder(std::string_view text, std::string_view pointer) : text_(text), wanted_(pointer) {}
  std::size_t line() {
    visit("");
    return found_ ? 1 + static_cast<std::size_t>(
                            std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(*found_), '\n'))
                  : 0;
  }

 private:
  void space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  std::string_view string() {
    const auto begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    const auto end = std::min(at_, text_.size());
    ++at_;
    return text_.substr(begin, end - begin);
  }
  void visit(const std::string& pointer) {
    space();
    // What is missing has no line of its own: the nearest thing around it is shown.
    if (wanted_ == pointer ||
        (wanted_.size() > pointer.size() && wanted_.starts_with(pointer) && wanted_[pointer.size()] == '/'))
      found_ = at_;
    if (at_ >= text_.size()) return;
    const char open = text_[at_];
    if (open == '"') {
      string();
    } else if (open == '{' || open == '[') {
      ++at_;
      for (std::size_t index = 0;; ++index) {
        space();
        if (at_ >= text_.size()) return;
        if (text_[at_] == '}' || text_[at_] == ']') break;
        if (text_[at_] == ',') {
          ++at_;
          space();
        }
        std::string token = std::to_string(index);
        if (open == '{') {
          token = string();
          space();
          ++at_;  // the colon
        }
        visit(pointer_join(pointer, token));
        space();
        if (at_ < text_.size() && text_[at_] == ',') {
          continue;
        }
      }
      ++at_;
    } else {
      while (at_ < text_.size() && std::string_view(",]} \t\r\n").find(text_[at_]) == std::string_view::npos) ++at_;
    }
  }

  std::string_view text_, wanted_;
  std::size_t at_ = 0;
  std::optional<std::size_t> found_;
};

}  // namespace

result<Item> parse_item(const json::value& value, std::string_view at) {
  const std::string pointer(at);
  Reader r(value, pointer, "catalogue.item");
  Item item;
  item.id = r.text("id", true, 64);
  if (!is_word(item.id)) r.blame("id", "is a word of small letters, digits and hyphens");
  item.version = static_cast<int>(r.integer("version", 1, 1'000'000));
  item.code = r.text("code", true, 100);
  item.name = r.localised("name");
  item.department = r.text("department", true, 64);
  for (const auto& audience : r.list("audience", 1)) {
    if (audience == "citizen")
      item.for_citizens = true;
    else if (audience == "company")
      item.for_companies = true;
    else
      r.blame("audience", "is citizen or company");
  }
  if (const auto* value_of_guide = r.member("guide"))
    if (auto ok = guide(*value_of_guide, r.at("guide")); !ok) r.blame(ok.error());
  if (const auto* value_of_form = r.member("form")) {
    auto compiled = form(*value_of_form, r.at("form"));
    if (compiled)
      item.form = *compiled;
    else
      r.blame(compiled.error());
  }
  std::set<std::string> codes;
  const auto& materials = r.list("materials");
  for (std::size_t i = 0; i < materials.size(); ++i) {
    auto one = material(materials[i], r.at("materials") + "/" + std::to_string(i));
    if (!one)
      r.blame(one.error());
    else if (!codes.insert(one->code).second)
      r.blame("materials", "the code '" + one->code + "' is there twice");
    else
      item.materials.push_back(std::move(*one));
  }
  if (const auto* workflow = r.member("workflow")) {
    Reader w(*workflow, r.at("workflow"), "catalogue.item");
    const auto& stages = w.list("stages", 1);
    std::set<std::string> stage_codes;
    for (std::size_t i = 0; i < stages.size(); ++i) {
      auto one = stage(stages[i], w.at("stages") + "/" + std::to_string(i));
      if (!one)
        w.blame(one.error());
      else if (!stage_codes.insert(one->code).second)
        w.blame("stages", "the stage '" + one->code + "' is there twice");
      else
        item.stages.push_back(std::move(*one));
    }
    if (w.finish()) r.blame(*w.finish());
  }
  if (const auto* limits = r.member("limits")) {
    Reader l(*limits, r.at("limits"), "catalogue.item");
    item.statutory_working_days = static_cast<int>(l.integer("statutory_working_days", 1, 365));
    item.promised_working_days = static_cast<int>(l.integer("promised_working_days", 1, 365));
    if (item.promised_working_days > item.statutory_working_days)
      l.blame("promised_working_days", "must not be more than the statutory limit");
    if (l.finish()) r.blame(*l.finish());
  }
  if (const auto* documents = r.member("documents")) {
    Reader d(*documents, r.at("documents"), "catalogue.item");
    for (auto [name, target] : {std::pair{"grant", &item.grant}, std::pair{"refusal", &item.refusal}}) {
      const auto* one = d.member(name);
      if (!one) continue;
      auto parsed = document(*one, d.at(name));
      if (parsed)
        *target = std::move(*parsed);
      else
        d.blame(parsed.error());
    }
    if (d.finish()) r.blame(*d.finish());
  }
  if (r.finish()) return *r.finish();
  item.json = value.as_object();
  return item;
}

result<Catalogue> parse_catalogue(std::string_view text) {
  json::parse_options options;
  options.max_depth = 64;
  boost::system::error_code code;
  json::stream_parser parser({}, options);
  const auto used = parser.write_some(text.data(), text.size(), code);
  if (!code && used < text.size()) {
    const auto rest = text.substr(used);
    if (rest.find_first_not_of(" \t\r\n") != std::string_view::npos) code = json::error::extra_data;
  }
  if (!code) parser.finish(code);
  if (code)
    return Error{
        Fault::invalid, "catalogue.syntax",
        "line " +
            std::to_string(1 + std::count(text.begin(),
                                          text.begin() + static_cast<std::ptrdiff_t>(std::min(used, text.size())),
                                          '\n')) +
            ": " + code.message()};
  const auto value = parser.release();
  Reader r(value, "", "catalogue.syntax");
  Catalogue c;
  c.serial = static_cast<std::uint64_t>(r.integer("serial", 1, std::int64_t{1} << 53));
  std::set<std::string> ids;
  const auto& departments = r.list("departments", 1);
  for (std::size_t i = 0; i < departments.size(); ++i) {
    const auto pointer = "/departments/" + std::to_string(i);
    auto one = department(departments[i], pointer);
    if (!one)
      r.blame(one.error());
    else if (!ids.insert(one->id).second)
      r.blame(
          {Fault::invalid, "catalogue.duplicate", "the department '" + one->id + "' is there twice", pointer + "/id"});
    else
      c.departments.push_back(std::move(*one));
  }
  std::set<std::string> item_ids;
  const auto& items = r.list("items", 1);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto pointer = "/items/" + std::to_string(i);
    auto one = parse_item(items[i], pointer);
    if (!one)
      r.blame(one.error());
    else if (!item_ids.insert(one->id).second)
      r.blame({Fault::invalid, "catalogue.duplicate", "the item '" + one->id + "' is there twice", pointer + "/id"});
    else if (!ids.contains(one->department))
      r.blame({Fault::invalid, "catalogue.unknown_department", "there is no department '" + one->department + "'",
               pointer + "/department"});
    else
      c.items.push_back(std::move(*one));
  }
  if (const auto* calendar = r.member("calendar")) {
    auto parsed = Calendar::parse(*calendar);
    if (parsed)
      c.calendar = std::move(*parsed);
    else
      r.blame({parsed.error().fault, parsed.error().code, parsed.error().detail, "/calendar" + parsed.error().field});
  }
  if (r.finish()) {
    Error error = *r.finish();
    error.detail = with_line(text, error);
    return error;
  }
  return c;
}

const Item* Catalogue::item(std::string_view id) const {
  for (const auto& one : items)
    if (one.id == id) return &one;
  return nullptr;
}
const Department* Catalogue::department(std::string_view id) const {
  for (const auto& one : departments)
    if (one.id == id) return &one;
  return nullptr;
}

std::vector<Finding> check_materials(const Item& item, const json::value& form,
                                     const std::vector<MaterialFacts>& materials) {
  std::vector<Finding> findings;
  const auto add = [&](const std::string& code, const char* rule, json::object params = {}) {
    findings.push_back({pointer_join("/materials", code), rule, std::move(params)});
  };
  for (const auto& rule : item.materials) {
    std::uint32_t count = 0;
    for (const auto& one : materials) {
      if (one.code != rule.code) continue;
      ++count;
      if (one.size == 0) add(rule.code, "material.empty", {{"file", one.file_name}});
      if (one.size > rule.max_bytes)
        add(rule.code, "material.too_large", {{"file", one.file_name}, {"limit", rule.max_bytes}});
      if (std::find(rule.types.begin(), rule.types.end(), one.media_type) == rule.types.end())
        add(rule.code, "material.type",
            {{"file", one.file_name}, {"types", json::array(rule.types.begin(), rule.types.end())}});
    }
    if (count > rule.max_files) add(rule.code, "material.too_many", {{"limit", rule.max_files}});
    const bool needed = rule.required && (!rule.when || rule.when->check(form).empty());
    if (needed && count == 0) add(rule.code, "material.required");
  }
  for (const auto& one : materials)
    if (std::none_of(item.materials.begin(), item.materials.end(),
                     [&](const MaterialRule& rule) { return rule.code == one.code; }))
      add(one.code, "material.unknown", {{"file", one.file_name}});
  return findings;
}

std::size_t line_of(std::string_view text, std::string_view pointer) { return LineFinder(text, pointer).line(); }

}  // namespace jindu::catalogue
